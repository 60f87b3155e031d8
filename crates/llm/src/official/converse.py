"""The makers' own clients talk to servers: reads {wire: url}, and prints what each client saw of
an answer with thoughts, text and two calls."""

import json
import sys

import anthropic
import openai
from google import genai

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}


def responses(url):
    client = openai.OpenAI(base_url=url + "/v1", api_key="k", _strict_response_validation=True)
    tool = {"type": "function", "name": "f", "parameters": SCHEMA, "strict": False}
    with client.responses.stream(model="m", input="Go", tools=[tool]) as stream:
        for event in stream:
            yield event.type
        response = stream.get_final_response()
    yield response.output_text
    yield [(item.type, getattr(item, "name", None), getattr(item, "arguments", None)) for item in response.output]
    yield response.usage.model_dump(exclude_none=True)


def chat(url):
    client = openai.OpenAI(base_url=url + "/v1", api_key="k", _strict_response_validation=True)
    tool = {"type": "function", "function": {"name": "f", "parameters": SCHEMA}}
    options = {"include_usage": True}
    messages = [{"role": "user", "content": "Go"}]
    with client.chat.completions.stream(model="m", messages=messages, tools=[tool], stream_options=options) as stream:
        for event in stream:
            yield event.type
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    yield choice.message.content
    yield (choice.finish_reason, choice.message.reasoning_content)
    yield [(call.function.name, call.function.arguments) for call in choice.message.tool_calls]
    yield (completion.usage.prompt_tokens, completion.usage.completion_tokens)


def messages(url):
    client = anthropic.Anthropic(base_url=url, api_key="k", _strict_response_validation=True)
    tool = {"name": "f", "input_schema": SCHEMA}
    said = [{"role": "user", "content": "Go"}]
    with client.messages.stream(model="m", max_tokens=100, messages=said, tools=[tool]) as stream:
        for event in stream:
            yield event.type
        message = stream.get_final_message()
    yield [block.model_dump(exclude_none=True) for block in message.content]
    yield (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens)


def gemini(url):
    client = genai.Client(api_key="k", http_options={"base_url": url})
    for chunk in client.models.generate_content_stream(model="gemini-2.5-pro", contents="Go"):
        for part in chunk.candidates[0].content.parts:
            yield part.model_dump(exclude_none=True, mode="json")
    yield (chunk.candidates[0].finish_reason.value, chunk.usage_metadata.prompt_token_count)


def joined(seen):
    """What comes many times in a row is told once."""
    last = None
    for one in seen:
        if one != last:
            print("  ", json.dumps(one, ensure_ascii=False, default=str))
        last = one


for wire, url in json.load(sys.stdin).items():
    print(wire)
    joined({"responses": responses, "chat": chat, "messages": messages, "gemini": gemini}[wire](url))
