"""(d) Bytewax, in an environment of its own. Run: BOOTSTRAP COUNT; prints seconds from the first record."""

import json
import sys
import time

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.testing import cluster_main

bootstrap = sys.argv[1]
began = 0.0


def work(message):
    global began
    began = began or time.perf_counter()
    order = json.loads(message.value)
    if order["amount"] <= 600:
        return None
    row = {"order_id": order["order_id"], "customer": order["customer"], "gross": order["amount"] * 1.2}
    return KafkaSinkMessage(message.key, json.dumps(row).encode())


flow = Dataflow("bench")
stream = kop.input("in", flow, brokers=[bootstrap], topics=["bench_orders"], tail=False, batch_size=20_000)
kop.output("out", op.filter_map("work", stream.oks, work), brokers=[bootstrap], topic="bench_bytewax")
cluster_main(flow, [], 0)
print(time.perf_counter() - began, flush=True)
