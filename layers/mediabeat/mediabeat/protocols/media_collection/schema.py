"""The models of the events' bodies, one for each event type. They validate, and the JSON Schemas are made from them.

Source of the rules: Adobe's Media Collection API, and the requests of real players.
"""

from collections.abc import Callable
from functools import cache, singledispatch
from typing import Annotated, Any, Final, Literal, Required

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from mediabeat.core.event import EVENT_TYPES, MAX_TS_MS, EventType
from mediabeat.errors import InvalidInput, NotFound, Problem
from mediabeat.protocols.media_collection import params, rules
from mediabeat.protocols.media_collection.params import KNOWN_PREFIXES, PARAMS
from mediabeat.protocols.media_collection.rules import MAX_ENTRIES, Fields, Rule, broken_rule

STRICT: Final = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
STRICT_OPEN: Final = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)

_MAX_PROPERTIES: Final = Field(json_schema_extra={"maxProperties": MAX_ENTRIES})


def _whole(value: object) -> object:
    """Read 3.0 as 3: JSON has one kind of number, and some clients write every number with a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE: Final = BeforeValidator(
    _whole
)  # after the bounds, as pydantic shows bounds after it under names that JSON Schema does not have


@singledispatch
def type_of(rule: Rule) -> Any:
    """Return the pydantic type of a rule."""
    raise TypeError(f"{type(rule).__name__} is no kind of rule")


@type_of.register
def _(rule: rules.Text) -> Any:
    if rule.pattern:
        return Annotated[str, Field(pattern=f"^{rule.pattern}$")]
    return Annotated[str, Field(min_length=rule.least or None, max_length=rule.most)]


@type_of.register
def _(rule: rules.Number) -> Any:
    return Annotated[float, Field(ge=rule.least, le=rule.most)]


@type_of.register
def _(rule: rules.Whole) -> Any:
    return Annotated[int, Field(ge=rule.least, le=rule.most), WHOLE]


@type_of.register
def _(rule: rules.Flag) -> Any:
    return bool


@type_of.register
def _(rule: rules.ListOf) -> Any:
    return list[object_of(rule.fields)]  # type: ignore[misc]


@type_of.register
def _(rule: rules.MapOf) -> Any:
    return dict[str, object_of(rule.fields)]  # type: ignore[misc]


@cache
def object_of(fields: Fields) -> Any:
    """Return the typed dictionary of these fields."""
    make: Any = TypedDict
    types = {name: Required[type_of(rule)] if name in fields.required else type_of(rule) for name, rule in fields.rules.items()}
    return make(fields.name, types, total=False)


_Text: Any = type_of(rules.TEXT)
_Number: Any = type_of(rules.NUMBER)
_CustomName = Annotated[str, Field(pattern=f"^{params.CUSTOM_NAME}$")]
CustomMetadata: Any = Annotated[dict[_CustomName, _Text], Field(max_length=MAX_ENTRIES)]


def checked_params(fields: Fields) -> Any:
    """Return the strict type of an event's parameters. A name without a known prefix passes only if the type declares it."""

    def refuse_unknown(given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if not name.startswith(KNOWN_PREFIXES) and name not in fields.rules:
                raise PydanticCustomError(
                    "unknown_param",
                    "not a known parameter, and does not start with media., analytics. or visitor.",
                    {"name": name},
                )
        return given

    strict = with_config(STRICT_OPEN)(object_of(fields))
    return Annotated[strict, AfterValidator(refuse_unknown), AfterValidator(_refuse_large(fields)), _MAX_PROPERTIES]


def checked_qoe() -> Any:
    """Return the strict type of an event's QoE data, which takes unknown names too."""
    strict = with_config(STRICT_OPEN)(object_of(params.QOE))
    return Annotated[strict, AfterValidator(_refuse_large(params.QOE)), _MAX_PROPERTIES]


def _refuse_large(fields: Fields) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a check of the number of entries, and of the values that the type does not declare."""

    def refuse_large(given: dict[str, Any]) -> dict[str, Any]:
        if len(given) > MAX_ENTRIES:
            raise PydanticCustomError("too_many", "must not have more than {most} entries", {"most": MAX_ENTRIES})
        for name, value in given.items():
            is_checked = name in fields.rules and not isinstance(value, dict | list)
            if not is_checked and (rule := broken_rule({name: value})):
                raise PydanticCustomError("too_large", "{rule}", {"rule": rule, "name": name})
        return given

    return refuse_large


class PlayerTime(BaseModel):
    """When the event happened: in the content (seconds) and by the player's clock (epoch milliseconds UTC)."""

    model_config = STRICT

    playhead: _Number
    ts: Annotated[int, Field(ge=0, le=MAX_TS_MS), WHOLE]


@cache
def model_of(event_type: EventType) -> type[BaseModel]:
    """Return the pydantic model of an event type's body.

    It is made when it is first asked for: a cold start answers one event, and should not pay for twenty-two models.
    """
    fields = PARAMS.get(event_type, params.NONE)
    return create_model(
        event_type[0].upper() + event_type[1:],
        __config__=STRICT | ConfigDict(frozen=True),
        playerTime=PlayerTime,
        customMetadata=(CustomMetadata, {}),
        qoeData=(checked_qoe(), {}),
        eventType=(Literal[event_type.value], ...),  # type: ignore[arg-type]
        params=(checked_params(fields), ... if fields.required else {}),
    )


@cache
def _declared() -> frozenset[str]:
    """Return every name that the protocol itself gives to a field."""
    names = {name for fields in (*PARAMS.values(), params.QOE, params.CUSTOMER_ID) for name in fields.rules}
    return frozenset(names | set(PlayerTime.model_fields) | {"eventType", "playerTime", "params", "customMetadata", "qoeData"})


def is_declared(name: str) -> bool:
    """Return whether the protocol itself gives this name to a field; if not, a player chose it."""
    return name in _declared()


def check(event_type: EventType, value: dict[str, Any], where: str) -> None:
    """Check an event against the model of its type.

    Raises InvalidInput with every field that breaks a rule; `where` is put before their names.
    """
    try:
        model_of(event_type).model_validate(value)
    except ValidationError as error:
        raise InvalidInput(*(_problem(details, where) for details in error.errors(include_url=False))) from None


def _problem(details: Any, where: str) -> Problem:
    path = [part for part in details["loc"] if part != "[key]"]
    if (name := details.get("ctx", {}).get("name")) is not None:
        path.append(name)
    field = ".".join(map(str, path))
    known = ".".join(str(part) if isinstance(part, int) or is_declared(part) else "…" for part in path)
    return Problem(where + field, details["msg"], logged=f"{where}{known}: {details['msg']}")


def json_schema(event_type: str) -> dict[str, Any]:
    """Return the JSON Schema of an event type's body.

    Raises NotFound for a name that is not an event type.
    """
    if event_type not in EVENT_TYPES:
        raise NotFound(f"{event_type!r} is not an event type; the event types are: {', '.join(EVENT_TYPES)}")
    schema = model_of(EVENT_TYPES[event_type]).model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
