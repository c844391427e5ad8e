"""(d) Quix Streams, in an environment of its own. Run: BOOTSTRAP COUNT; prints seconds from the first record."""

import os
import sys
import time

from quixstreams import Application

bootstrap, count = sys.argv[1], int(sys.argv[2])
app = Application(
    broker_address=bootstrap, consumer_group=f"bench-quix-{time.time_ns()}", auto_offset_reset="earliest", loglevel="ERROR"
)
taken, began = 0, 0.0


def keep(order):
    global taken, began
    began = began or time.perf_counter()
    taken += 1
    if taken == count:
        print(time.perf_counter() - began, flush=True)
        os._exit(0)
    return order["amount"] > 600


frame = app.dataframe(app.topic("bench_orders", value_deserializer="json"))
frame = frame.filter(keep).apply(
    lambda o: {"order_id": o["order_id"], "customer": o["customer"], "gross": o["amount"] * 1.2}
)
frame.to_topic(app.topic("bench_quix", value_serializer="json"))
app.run()
