"""Reads project files: YAML in, a frozen `Project` out, or an error that names the file and the key."""

from pixl.project.loader import Projects, load_project

__all__ = ["Projects", "load_project"]
