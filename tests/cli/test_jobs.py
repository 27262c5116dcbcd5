import stat
import sys
from pathlib import Path

import pytest

from app.cli import jobs
from app.cli.jobs import EnrichJob
from app.domain.enrichment import EnrichField
from app.exchange.csv_reader import parse_people
from app.storage.profile import Profile

TABLE = parse_people("id,first_name,last_name,domain\n7,Ada,Lark,lark.example\n8,Bo,,\n")


def a_job(*run_ids: int, out: str = "out.csv") -> EnrichJob:
    fields = (EnrichField.EMAILS, EnrichField.PHONES)
    return EnrichJob(run_ids, fields, out, "outcomes.csv", TABLE.header, TABLE.rows, {2: "Missing last name."})


def test_a_job_comes_back_as_it_was_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    assert jobs.kept(profile) == []
    stored = jobs.keep(profile, a_job(3))
    (back,) = jobs.kept(profile)
    assert back == stored
    assert back.job.table == TABLE
    jobs.forget(back)
    jobs.forget(back)
    assert jobs.kept(profile) == []


def test_several_jobs_may_wait_for_one_run(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    jobs.keep(profile, a_job(3, out="a.csv"))
    jobs.keep(profile, a_job(3, out="b.csv"))
    assert sorted(each.job.out for each in jobs.kept(profile)) == ["a.csv", "b.csv"]


def test_a_damaged_job_file_does_not_hide_the_others(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    stored = jobs.keep(profile, a_job(3))
    stored.path.with_name("1-x.json").write_text('{"run_ids": [')
    assert jobs.kept(profile) == [stored]


@pytest.mark.skipif(sys.platform == "win32", reason="file modes of Unix")
def test_a_job_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    stored = jobs.keep(Profile(tmp_path), a_job(3))
    assert stat.S_IMODE(stored.path.stat().st_mode) == 0o600
