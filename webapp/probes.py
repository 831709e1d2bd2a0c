"""For machines that watch: is the process alive, can it work, how fast does it answer."""

from __future__ import annotations

from time import perf_counter

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest

from webapp.services import services

blueprint = Blueprint("probes", __name__)

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
#: others are made up by whoever asks, and every label lives as long as the process
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Everything the process needs is there; 503 names what is not."""
    checks = services().health()
    good = all(result == "ok" for result in checks.values())
    return jsonify(status="ok" if good else "unready", checks=checks), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text format, of this worker process."""
    return Response(generate_latest(current_app.extensions["yichuang.metrics"]), content_type=CONTENT_TYPE_LATEST)


def init_app(app: Flask) -> None:
    registry = CollectorRegistry()
    seconds = Histogram(
        "yichuang_http_request_seconds",
        "Time to answer a request",
        ("method", "endpoint", "status"),
        registry=registry,
        buckets=BUCKETS,
    )
    app.extensions["yichuang.metrics"] = registry

    @app.before_request
    def start() -> None:
        g.started = perf_counter()

    @app.after_request
    def stop(response: Response) -> Response:
        # by endpoint, never by address: case numbers are no labels
        method = request.method if request.method in METHODS else "other"
        labels = (method, request.endpoint or "none", str(response.status_code))
        seconds.labels(*labels).observe(perf_counter() - g.get("started", perf_counter()))
        return response

    app.register_blueprint(blueprint)
