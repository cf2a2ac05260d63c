"""YAML in which a key stands once: plain YAML keeps the last of two equal keys in silence."""

from __future__ import annotations

from typing import Any

import yaml


class RepeatedKeyError(yaml.MarkedYAMLError):
    """A mapping names one key twice."""


class StrictLoader(yaml.SafeLoader):
    """The safe loader, refusing repeated keys: two lines for one field or kind are a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise RepeatedKeyError(problem="this key stands here twice", problem_mark=key_node.start_mark)
            seen.add(key_node.value if isinstance(key_node.value, str) else id(key_node))
        return super().construct_mapping(node, deep)
