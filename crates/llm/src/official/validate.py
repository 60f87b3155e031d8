"""Whether requests are what the makers' packages allow: reads {wire: [body, …]}, and says of each
wire that they are, or fails with what is wrong. Keys that the types don't know are wrong."""

import collections.abc
import importlib
import json
import pkgutil
import sys

import pydantic
from google.genai import types as gemini


def close(package):
    """No type of this package may have other keys than its own. Files to upload are arbitrary."""
    config = pydantic.ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)
    module = importlib.import_module(package)
    for info in pkgutil.walk_packages(module.__path__, package + "."):
        for found in vars(importlib.import_module(info.name)).values():
            if isinstance(found, type) and hasattr(found, "__required_keys__"):
                found.__pydantic_config__ = config


def exhaust(value):
    """Iterables are only checked when somebody looks into them."""
    if isinstance(value, dict):
        return {name: exhaust(inner) for name, inner in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, collections.abc.Iterable):
        return [exhaust(inner) for inner in value]
    return value


def without_others_fields(body):
    """OpenAI's own models never tell their thoughts in Chat; those who imitate it want them back."""
    for message in body["messages"]:
        message.pop("reasoning_content", None)
    return body


def gemini_body(body):
    known = {
        "contents": pydantic.TypeAdapter(list[gemini.Content]),
        "systemInstruction": pydantic.TypeAdapter(gemini.Content),
        "tools": pydantic.TypeAdapter(list[gemini.Tool]),
        "generationConfig": pydantic.TypeAdapter(gemini.GenerationConfig),
    }
    for name, value in body.items():
        known[name].validate_json(json.dumps(value))


close("openai.types")
close("anthropic.types")
from anthropic.types import message_create_params as messages
from openai.types.chat import completion_create_params as chat
from openai.types.responses import response_create_params as responses

typed = {
    "responses": pydantic.TypeAdapter(responses.ResponseCreateParamsStreaming),
    "chat": pydantic.TypeAdapter(chat.CompletionCreateParamsStreaming),
    "messages": pydantic.TypeAdapter(messages.MessageCreateParamsStreaming),
}

for wire, bodies in json.load(sys.stdin).items():
    for number, body in enumerate(bodies):
        try:
            if wire == "gemini":
                gemini_body(body)
            else:
                body = without_others_fields(body) if wire == "chat" else body
                exhaust(typed[wire].validate_python(body))
        except Exception as error:
            sys.exit(f"{wire} {number}: {error}\n{json.dumps(body, indent=1)}")
    print(f"{wire}: {len(bodies)} requests are what its maker allows")
