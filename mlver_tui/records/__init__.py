"""The nouns as they are written: frozen dataclasses that cross floors.

`to_json` and the `*_from_json` functions are the only way in and out of the journal and the store.
"""

from .basis import Kind, Missing, Status, Value, build, to_json
from .code import Code, code_from_json
from .command import Command, Process, command_from_json, process_from_json
from .environment import Environment, Interpreter, Origin, OriginKind, Package, environment_from_json
from .hardware import Gpu, Hardware, hardware_from_json

__all__ = [
    "Code", "Command", "Environment", "Gpu", "Hardware", "Interpreter", "Kind", "Missing", "Origin", "OriginKind",
    "Package", "Process", "Status", "Value", "build", "code_from_json", "command_from_json", "environment_from_json",
    "hardware_from_json", "process_from_json", "to_json",
]  # fmt: skip
