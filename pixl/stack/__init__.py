"""The whole of PIXL on one machine: its processes, supervised, under one data folder."""

from pixl.stack.layout import Layout
from pixl.stack.ports import free_ports
from pixl.stack.running import bring_down, bring_up, is_up
from pixl.stack.status import ProcessStatus, current_status

__all__ = ["Layout", "ProcessStatus", "bring_down", "bring_up", "current_status", "free_ports", "is_up"]
