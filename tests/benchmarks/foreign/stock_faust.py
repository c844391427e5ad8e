"""(c) A stock Faust agent: filter, projection, `await topic.send`. Run: BOOTSTRAP COUNT; prints seconds."""

import asyncio
import json
import os
import sys
import time

import faust

bootstrap, count = sys.argv[1], int(sys.argv[2])
app = faust.App(
    f"bench-faust-{time.time_ns()}", broker=f"kafka://{bootstrap}", web_enabled=False, topic_disable_leader=True,
    consumer_auto_offset_reset="earliest", autodiscover=False,
)  # fmt: skip
orders = app.topic("bench_orders", value_serializer="raw", value_type=bytes)
output = app.topic("bench_faust", value_serializer="raw", key_serializer="raw", value_type=bytes)


@app.agent(orders)
async def big(stream):
    taken, began = 0, None
    async for event in stream.events():
        began = began or time.perf_counter()
        order = json.loads(event.value)
        if order["amount"] > 600:
            row = {"order_id": order["order_id"], "customer": order["customer"], "gross": order["amount"] * 1.2}
            await output.send(key=event.key, value=json.dumps(row).encode())
        taken += 1
        if taken == count:
            print(time.perf_counter() - began, flush=True)
            await asyncio.sleep(0.5)
            os._exit(0)


faust.Worker(app, loglevel="ERROR", redirect_stdouts=False, quiet=True).execute_from_commandline()
