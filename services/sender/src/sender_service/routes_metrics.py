"""HTTP ⇄ what Prometheus collects: the queue and the outcomes, in its text format. No decisions.

The figures are the outbox's, so that every replica tells the same: take the maximum over them, not the sum.
(https://prometheus.io/docs/instrumenting/exposition_formats/)
"""

from fastapi import APIRouter, Response

from sender_service.outbox import Depth, Outbox

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


def metrics_router(outbox: Outbox) -> APIRouter:
    """Make the route of ``/metrics``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def metrics() -> Response:
        """Tell the figures of this moment."""
        return Response(exposition(await outbox.depth()), media_type=TEXT_FORMAT)

    return router


def exposition(depth: Depth) -> str:
    """Write the figures in Prometheus' text format."""
    gauges = (
        ("courriel_outbox_entries", "Messages held, waiting or being sent.", depth.entries),
        ("courriel_outbox_waiting", "Messages whose time has come and which are not done.", depth.waiting),
        ("courriel_outbox_oldest_seconds", "How long the oldest of them has been due.", depth.oldest_seconds),
    )
    lines = [
        line
        for name, meaning, value in gauges
        for line in (f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {value:g}")
    ]
    counter = "courriel_deliveries_total"
    lines += [f"# HELP {counter} Outcomes of attempts, by recipient.", f"# TYPE {counter} counter"]
    for counted, count in sorted(depth.outcomes.items()):
        about, _, outcome = counted.partition(".")
        lines.append(f'{counter}{{about="{about}",outcome="{outcome}"}} {count}')
    return "\n".join((*lines, ""))
