"""Chats, completes, streams and errs with OpenAI's Python client. Run by check-python.sh."""

import os

import openai

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="unused", max_retries=0)
model = client.models.list().data[0].id
question = [{"role": "user", "content": "What is 37 + 48?"}]
sums = {"model": model, "messages": question, "temperature": 0}


def chat():
    answer = client.chat.completions.create(**sums, logprobs=True, top_logprobs=2)
    choice = answer.choices[0]
    assert choice.message.content and choice.finish_reason == "stop", answer
    assert "".join(t.token for t in choice.logprobs.content) == choice.message.content
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    return choice.message.content


def stream(whole):
    text, usage = "", None
    for chunk in client.chat.completions.create(
        **sums, stream=True, stream_options={"include_usage": True}
    ):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
    assert text == whole, (text, whole)
    assert usage.completion_tokens > 0


def extra_fields(whole):
    answer = client.chat.completions.create(
        **sums, extra_body={"stop": [whole[:2]], "include_stop_str_in_output": True, "top_k": 5}
    )
    assert answer.choices[0].message.content == whole[:2], answer
    assert answer.choices[0].model_extra["stop_reason"] == whole[:2]


def completions():
    answer = client.completions.create(
        model=model, prompt=["The sun", [10, 20, 30]], n=2, max_tokens=4, temperature=0
    )
    assert [c.index for c in answer.choices] == [0, 1, 2, 3]
    scored = client.completions.create(
        model=model, prompt="The sun is hot.", echo=True, logprobs=1, max_tokens=0
    )
    logprobs = scored.choices[0].logprobs
    assert scored.choices[0].text == "The sun is hot."
    assert logprobs.token_logprobs[0] is None and all(p <= 0 for p in logprobs.token_logprobs[1:])
    assert logprobs.text_offset == sorted(logprobs.text_offset)
    streamed = client.completions.create(
        model=model, prompt="The sun", max_tokens=8, temperature=0, stream=True
    )
    whole = client.completions.create(model=model, prompt="The sun", max_tokens=8, temperature=0)
    assert "".join(c.choices[0].text for c in streamed) == whole.choices[0].text


def errors():
    for fields, kind in [
        ({"model": "gpt-9"}, openai.NotFoundError),
        ({"temperature": 3}, openai.BadRequestError),
        ({"extra_body": {"best_of": 2}}, openai.BadRequestError),
    ]:
        try:
            client.chat.completions.create(**{**sums, **fields})
        except kind as e:
            assert e.body["message"] and e.body["param"], e
        else:
            raise AssertionError(f"{fields} was accepted")


def headers():
    raw = client.chat.completions.with_raw_response.create(**sums, extra_body={"temprature": 1})
    assert raw.headers["x-lfm-ignored-fields"] == "temprature"


def cancel():
    with client.chat.completions.create(**{**sums, "extra_body": {"ignore_eos": True}}, stream=True) as s:
        next(iter(s))


whole = chat()
checks = [lambda: stream(whole), lambda: extra_fields(whole), completions, errors, headers, cancel]
for check in checks:
    check()
print(f"{len(checks) + 1} passed, 0 failed (openai {openai.__version__})")
