"""A server in a Docker container, where a Docker engine answers."""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache

import docker
from docker.errors import DockerException
from sqlalchemy import URL
from testcontainers.core.container import DockerContainer

from tests.servers.process import refusal

START_TIMEOUT = 300.0
"""Seconds that a server in a container may take until it answers: Oracle and SQL Server are slow to start."""


@cache
def docker_answers() -> bool:
    """Whether a Docker engine answers: that there is a client alone says nothing."""
    with warnings.catch_warnings():
        # where nobody answers, the client leaves its socket to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with closing(docker.from_env(timeout=3)) as client:
                return bool(client.ping())
        except DockerException:
            return False
        finally:
            gc.collect()


@dataclass(frozen=True)
class Image:
    """An image of a server, and how to get in.

    `port` is the one inside the container; `admin` is the administrator's URL but for host and port.
    """

    name: str
    port: int
    environment: Mapping[str, str]
    admin: URL

    @contextmanager
    def run(self) -> Iterator[URL]:
        """A container for as long as the block runs: its URL. Raises RuntimeError if the server does not start."""
        container = DockerContainer(self.name).with_exposed_ports(self.port).with_envs(**self.environment)
        with container:
            url = self.admin.set(
                host=container.get_container_host_ip(), port=int(container.get_exposed_port(self.port))
            )
            self._wait(url)
            yield url

    def _wait(self, url: URL) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while problem := refusal(url):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name}: the server did not start: {problem}")
            time.sleep(1)
