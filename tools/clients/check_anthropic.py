"""Anthropic's Python client. Run by check-anthropic.sh."""

import os

import anthropic

client = anthropic.Anthropic(base_url=os.environ["BASE_URL"], api_key="unused", max_retries=0)
model = os.environ["MODEL"]
sums = {
    "model": model,
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "What is 37 + 48?"}],
    "temperature": 0,
}
weather = {
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


# The client no longer knows temperature: it goes into the body as it is.
def create(**fields):
    extra = {"temperature": fields.pop("temperature", 0)}
    return client.messages.create(**fields, extra_body=extra)


def answer():
    message = create(**sums, system="Be brief.")
    assert message.stop_reason == "end_turn" and message.content[0].text, message
    assert message.usage.cache_read_input_tokens is not None
    count = client.messages.count_tokens(model=model, messages=sums["messages"])
    message = create(**sums)
    usage = message.usage
    assert count.input_tokens == usage.input_tokens + usage.cache_read_input_tokens
    return message.content[0].text


def stream(whole):
    fields = {k: v for k, v in sums.items() if k != "temperature"}
    with client.messages.stream(**fields, extra_body={"temperature": 0}) as events:
        assert "".join(events.text_stream) == whole
        message = events.get_final_message()
    assert message.stop_reason == "end_turn" and message.usage.output_tokens > 0, message


def limits():
    assert create(**{**sums, "max_tokens": 2}).stop_reason == "max_tokens"
    stopped = create(**sums, stop_sequences=["8"])
    assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == "8", stopped


def tools():
    question = {"role": "user", "content": "What is the weather in Bern?"}
    asked = {"model": model, "max_tokens": 100, "tools": [weather]}
    message = create(**asked, messages=[question])
    assert message.stop_reason == "tool_use", message
    call = next(block for block in message.content if block.type == "tool_use")
    assert call.name == "get_weather" and call.input.get("city") == "Bern", call
    with client.messages.stream(
        **asked, messages=[question], extra_body={"temperature": 0}
    ) as events:
        streamed = events.get_final_message()
    assert [b.type for b in streamed.content] == [b.type for b in message.content]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": '{"temp": 21}'}
    after = create(
        **asked,
        messages=[
            question,
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [result]},
        ],
    )
    text = "".join(block.text for block in after.content if block.type == "text")
    assert text, after
    return f"{call.name}({call.input}) -> {text}"


def errors():
    try:
        create(**{**sums, "model": "gpt-9"})
        raise AssertionError("gpt-9 should be refused")
    except anthropic.NotFoundError as e:
        assert e.body["error"]["type"] == "not_found_error", e.body
    try:
        create(**sums, tools=[{"type": "bash_20250124", "name": "bash"}])
        raise AssertionError("a built-in tool should be refused")
    except anthropic.BadRequestError as e:
        assert "bash_20250124" in str(e), e


def cancel():
    fields = {k: v for k, v in sums.items() if k != "temperature"}
    with client.messages.create(**fields, stream=True) as events:
        next(iter(events))


whole = answer()
stream(whole)
limits()
called = tools()
errors()
cancel()
print(f"anthropic {anthropic.__version__}: all right ({whole!r}; {called})")
