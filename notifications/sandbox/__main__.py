"""`python -m notifications.sandbox`: start the Notify sandbox."""

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from notifications.sandbox import config as configuration
from notifications.sandbox.server import NotLoopback, check_loopback, serve
from notifications.sandbox.templates import TemplateError


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m notifications.sandbox",
        description="GOV.UK Notify's contract as a local server. Nothing is sent.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--data", type=Path, default=Path(".local/sandbox.sqlite3"))
    parser.add_argument("--config", type=Path, default=configuration.DEFAULT_FILE)
    parser.add_argument("--templates-dir", type=Path, help="instead of the configuration's")
    parser.add_argument("--time-scale", type=float, help="divides every wait of the contract")
    parser.add_argument(
        "--callback-url",
        default=os.environ.get("SANDBOX_CALLBACK_URL"),
        help="where delivery receipts are posted (SANDBOX_CALLBACK_URL)",
    )
    parser.add_argument(
        "--callback-token",
        default=os.environ.get("SANDBOX_CALLBACK_TOKEN"),
        help="the receipts' bearer token (SANDBOX_CALLBACK_TOKEN)",
    )
    return parser.parse_args()


def configure(arguments: argparse.Namespace) -> configuration.Config:
    config = configuration.load(arguments.config)
    if arguments.templates_dir:
        config.templates_dir = arguments.templates_dir
    if arguments.time_scale is not None:
        config.time_scale = arguments.time_scale
    if config.time_scale <= 0:
        raise configuration.ConfigError("The time scale is a number above 0.")
    if arguments.callback_url is not None:
        config.services[0].callback_url = arguments.callback_url
    if arguments.callback_token is not None:
        config.services[0].callback_token = arguments.callback_token
    return config


def main() -> int:
    arguments = read_arguments()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        check_loopback(arguments.host)
        config = configure(arguments)
        asyncio.run(serve(config, arguments.data, host=arguments.host, port=arguments.port))
    except (NotLoopback, configuration.ConfigError, TemplateError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else problem
        print(f"The Notify sandbox cannot start: {reason}.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
