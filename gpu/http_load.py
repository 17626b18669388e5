#!/usr/bin/env python3
"""Loads a running server with streams and counts tokens a second.

    python3 gpu/http_load.py URL --clients 256 --requests 512 --input 128 --output 256 [--drop 16]

Needs aiohttp. Prompts are random token ids; nothing stops early. With --drop so many further clients
leave in the middle of their answers.
"""
import argparse
import asyncio
import json
import random
import time

import aiohttp


async def one(session, url, model, prompt, output, leave_after=None):
    body = {"model": model, "prompt": prompt, "max_tokens": output, "temperature": 0, "stream": True,
            "ignore_eos": True, "stream_options": {"include_usage": True}}
    begun, first, tokens = time.perf_counter(), None, 0
    async with session.post(url + "/v1/completions", json=body) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            first = first or time.perf_counter()
            if leave_after is not None and time.perf_counter() - begun > leave_after:
                return 0, 0
            usage = json.loads(line[6:]).get("usage")
            tokens = usage["completion_tokens"] if usage else tokens
    return tokens, (first or begun) - begun


async def run(arguments):
    random.seed(1)
    prompts = [[random.randrange(300, 4000) for _ in range(arguments.input)]
               for _ in range(arguments.requests)]
    model = None
    async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None)) as session:
        async with session.get(arguments.url + "/v1/models") as answer:
            model = (await answer.json())["data"][0]["id"]
        print("model", model)
        gate, firsts, total = asyncio.Semaphore(arguments.clients), [], 0

        async def client(prompt):
            async with gate:
                return await one(session, arguments.url, model, prompt, arguments.output)

        drops = [asyncio.create_task(one(session, arguments.url, model, p, arguments.output, 1.0))
                 for p in prompts[:arguments.drop]]
        begun = time.perf_counter()
        for tokens, first in await asyncio.gather(*map(client, prompts)):
            total += tokens
            firsts.append(first)
        seconds = time.perf_counter() - begun
        await asyncio.gather(*drops)
        firsts.sort()
        print(f"{len(prompts)} requests, {arguments.clients} at once, {total} tokens in {seconds:.2f} s:"
              f" {total / seconds:.0f} tokens/s; first token p50 {firsts[len(firsts) // 2]:.3f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--clients", type=int, default=256)
    parser.add_argument("--requests", type=int, default=512)
    parser.add_argument("--input", type=int, default=128)
    parser.add_argument("--output", type=int, default=256)
    parser.add_argument("--drop", type=int, default=0)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
