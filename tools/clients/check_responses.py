"""The Responses API of OpenAI's Python client. Run by check-python.sh."""

import os

import openai

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="unused", max_retries=0)
model = client.models.list().data[0].id
sums = {"model": model, "input": "What is 37 + 48?", "temperature": 0}
weather = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
    "strict": False,
}


def answer():
    response = client.responses.create(**sums, instructions="Be brief.", metadata={"team": "red"})
    assert response.status == "completed" and response.output_text, response
    assert response.metadata == {"team": "red"}
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    return client.responses.create(**sums).output_text


def stream(whole):
    types, text = [], ""
    for n, event in enumerate(client.responses.create(**sums, stream=True)):
        assert event.sequence_number == n, event
        types.append(event.type)
        if event.type == "response.output_text.delta":
            text += event.delta
    assert types[:2] == ["response.created", "response.in_progress"], types
    assert types[-1] == "response.completed" and text == whole, types
    with client.responses.stream(**sums) as events:
        assert events.get_final_response().output_text == whole


def logprobs():
    response = client.responses.create(
        **sums, include=["message.output_text.logprobs"], top_logprobs=2
    )
    part = response.output[0].content[0]
    assert "".join(token.token for token in part.logprobs) == part.text


def tools():
    question = {"role": "user", "content": "What is the weather in Bern?"}
    asked = {"model": model, "input": [question], "tools": [weather], "temperature": 0}
    response = client.responses.create(**asked)
    call = next(item for item in response.output if item.type == "function_call")
    assert call.name == "get_weather" and "Bern" in call.arguments, call
    events = list(client.responses.create(**asked, stream=True))
    done = next(e for e in events if e.type == "response.function_call_arguments.done")
    assert done.arguments == call.arguments
    result = {"type": "function_call_output", "call_id": call.call_id, "output": '{"temp": 21}'}
    after = client.responses.create(
        model=model, input=[question, *response.output, result], tools=[weather], temperature=0
    )
    assert after.output_text, after
    return f"{call.name}({call.arguments}) -> {after.output_text}"


def errors():
    for field, value in [
        ("previous_response_id", "resp_1"),
        ("tools", [{"type": "web_search"}]),
        ("truncation", "auto"),
    ]:
        try:
            client.responses.create(**sums, **{field: value})
            raise AssertionError(f"{field} should be refused")
        except openai.BadRequestError as e:
            assert field in str(e), e


def cancel():
    with client.responses.create(**sums, stream=True) as events:
        next(iter(events))


whole = answer()
stream(whole)
logprobs()
called = tools()
errors()
cancel()
print(f"openai {openai.__version__}, responses: all right ({whole!r}; {called})")
