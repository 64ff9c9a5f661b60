"""How long the console's pages take with many held studies. `--studies 1000 --copies 200` has a million."""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import threading
import time

import argon2
import httpx
import uvicorn

from console.house import House
from console.main import make_app
from console.originals import Originals
from console.pages import Pages
from console.pictures import Pictures
from pixl.domain.person import Role
from pixl.hashing import KeyedPseudonymiser
from pixl.ledger import Ledger, migrate
from pixl.ledger.people import Lifetimes
from pixl.orthanc import OrthancClient
from pixl.stack.ports import free_port
from pixl.testing.postgres import temporary_postgres
from pixl.testing.review_queue import hold, named

PASSWORD = "five invented words, no more"
PLACES = ("(0008,1030)", "(0018,1030)", "(0040,0275)[1].(0040,0007)", "(0008,103E)", "(0010,4000)")
PAGES = {
    "queue, by element": "/queue",
    "queue, by words": "/queue?words=1",
    "all held studies on one page": "/studies?limit=1000",
    "group": "/groups/1",
    "progress": "/progress",
}


def findings(number, count):
    for index in range(count):
        word = f"Name{(number * 7 + index) % 300}"
        yield named(f"Scan of {word}", word, where=PLACES[index % len(PLACES)], device=f"Invented {number % 4}")


def copy(ledger, copies):
    """Let every finding be there as often as this."""
    columns = "group_id, study_id, revision, series, instance, path, reason, outcome, fingerprint, payload, needs, open"
    query = f"INSERT INTO finding ({columns}) SELECT {columns} FROM finding, generate_series(2, %s)"
    with ledger._pool.connection() as connection:
        connection.execute(query, [copies])
    with ledger._pool.connection() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE finding")
        connection.autocommit = False


def measure(client, path, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = client.get(path)
        taken.append(time.perf_counter() - start)
        assert answer.status_code == 200, answer.status_code
    return statistics.median(taken), max(taken), len(answer.content), answer.text.count("data-row")


def serve(ledger):
    away = OrthancClient("http://127.0.0.1:9", "pixl", "none", 1)
    house = House(
        ledger=ledger,
        pictures=Pictures(away),
        originals=Originals(away, away, lambda _: KeyedPseudonymiser(b"k" * 64)),
        pages=Pages(ledger.overview.decision),
        lifetimes=Lifetimes(),
    )
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(make_app(house), host="127.0.0.1", port=port, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return server, f"http://127.0.0.1:{port}"


def log_in(client):
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/login").text)[1]
    client.post("/login", data={"csrf": token, "name": "vera", "password": PASSWORD})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--findings", type=int, default=5)
    parser.add_argument("--copies", type=int, default=1, help="how often each finding is there")
    parser.add_argument("--times", type=int, default=7)
    chosen = parser.parse_args()
    with temporary_postgres() as postgres:
        database = postgres.new_database()
        migrate(database, postgres.password)
        with Ledger.open(database, password=postgres.password, key=os.urandom(32).hex().encode()) as ledger:
            ledger.people._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
            ledger.people.add("vera", Role.REVIEWER, PASSWORD, by="bench")
            hold(ledger, chosen.studies, lambda number: findings(number, chosen.findings))
            copy(ledger, chosen.copies)
            server, url = serve(ledger)
            with httpx.Client(base_url=url, follow_redirects=True, trust_env=False, timeout=60) as client:
                log_in(client)
                figures = {name: measure(client, path, chosen.times) for name, path in PAGES.items()}
            server.should_exit = True
    for name, (median, worst, size, rows) in figures.items():
        print(f"{name:<30} {median * 1000:7.0f} ms  worst {worst * 1000:7.0f} ms  {size / 1000:6.0f} kB  {rows} rows")
    told = {name.replace(",", "").replace(" ", "_"): round(figure[0], 4) for name, figure in figures.items()}
    print(
        json.dumps(
            {
                "bench": "console",
                "studies": chosen.studies,
                "findings": chosen.studies * chosen.findings * chosen.copies,
                **told,
            }
        )
    )


if __name__ == "__main__":
    main()
