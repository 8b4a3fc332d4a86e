"""Which metrics a person most likely wants to see first, judged by their names alone."""

from __future__ import annotations


def interest(key: str) -> tuple[int, int]:
    """Lower is more interesting: losses, then scores, then the rest; validation before training."""
    name = key.lower()
    kind = 0 if "loss" in name else 1 if any(word in name for word in ("acc", "f1", "auc", "score", "reward")) else 2
    return kind, 0 if "val" in name or "eval" in name or "test" in name else 1
