"""What CloudFormation makes of the functions in a template, such as `!Ref` and `!If`."""

import re
from collections.abc import Mapping
from typing import Any


def evaluated(value: Any, template: Mapping[str, Any], parameters: Mapping[str, str]) -> Any:
    """Return a value as CloudFormation resolves it with these parameters; a resource stands for its id as `<Name>`."""
    if isinstance(value, list):
        return [evaluated(each, template, parameters) for each in value]
    if not isinstance(value, Mapping):
        return value
    match list(value.items()):
        case [("Ref", name)]:
            return parameters.get(name, f"<{name}>")
        case [("Fn::GetAtt", [name, attribute])]:
            return f"<{name}.{attribute}>"
        case [("Fn::Sub", str(text))]:
            return _substituted(text, {}, parameters)
        case [("Fn::Sub", [text, names])]:
            return _substituted(text, evaluated(names, template, parameters), parameters)
        case [("Fn::If", [condition, then, otherwise])]:
            holds = evaluated(template["Conditions"][condition], template, parameters)
            return evaluated(then if holds else otherwise, template, parameters)
        case [("Fn::Equals", [left, right])]:
            return str(evaluated(left, template, parameters)) == str(evaluated(right, template, parameters))
        case [("Fn::Not", [inner])]:
            return not evaluated(inner, template, parameters)
        case [("Fn::FindInMap", [mapping, key, name])]:
            return template["Mappings"][mapping][evaluated(key, template, parameters)][name]
        case items:
            return {key: evaluated(inner, template, parameters) for key, inner in items}


def _substituted(text: str, names: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([\w:.]+)\}", lambda name: str({**parameters, **names}.get(name[1], f"<{name[1]}>")), text)


def named_in(value: Any) -> set[str]:
    """Return all names of resources and parameters that a value names."""
    if isinstance(value, list):
        return {name for each in value for name in named_in(each)}
    if not isinstance(value, Mapping):
        return set()
    match list(value.items()):
        case [("Ref", name)] | [("Fn::GetAtt", [name, *_])]:
            return {name}
        case [("Fn::Sub", text)]:
            pattern, names = text if isinstance(text, list) else (text, {})
            used = {name.partition(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", pattern)}
            return used.difference(names) | named_in(list(names.values()))
        case items:
            return {name for _, inner in items for name in named_in(inner)}
