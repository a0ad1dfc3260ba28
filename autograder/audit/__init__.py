"""The proof of the verdict: right answers lose nothing, known mistakes are caught by their own question alone, lazy ones earn nothing."""

from .command import audit_command
from .report import Audit, Finding
from .run import run_audit

__all__ = ["Audit", "Finding", "audit_command", "run_audit"]
