"""deploy: a job comes to exist, or gets a new spec while nothing runs."""

from dataclasses import replace

import pytest

from slackwater.core.control.deploy import Deploy
from slackwater.core.control.start import Start
from slackwater.core.events import (
    HoldAdded,
    JobDeployed,
    JobFailed,
    JobStopped,
    PauseRequested,
    RolloutRequested,
    StartRequested,
)
from slackwater.core.spec import JobSpec
from slackwater.core.states import LIVE, JobState

from .given import (
    DEPLOYED,
    DUE,
    FAILED,
    HELD_AT_REST,
    NOW,
    OTHER_SPEC,
    PASTS,
    PAUSED,
    ROLLING,
    RUNNING,
    SPEC,
    STOPPED,
    after,
    given,
    orders,
)


def test_first_deploy() -> None:
    """A job begins DEPLOYED at version 1 in epoch 0: nothing is wanted of any worker yet."""
    job = given().when(Deploy(SPEC, reason="new")).then(JobDeployed(SPEC, (), "new"))
    assert (job.state, job.version, job.epoch, job.by, job.reason) == (JobState.DEPLOYED, 1, 0, "ben", "new")
    assert (job.since, job.deadline, job.holds, job.cut) == (NOW, None, (), ())


def test_deploy_with_holds() -> None:
    """Start paused: the holds named at deploy are the deployer's, each once, however often it was named."""
    job = (
        given()
        .when(Deploy(SPEC, ("operator", "audit", "operator"), "not yet"))
        .then(JobDeployed(SPEC, ("operator", "audit"), "not yet"))
    )
    assert [(hold.name, hold.by, hold.since, hold.reason) for hold in job.holds] == [
        ("operator", "ben", NOW, "not yet"),
        ("audit", "ben", NOW, "not yet"),
    ]


def test_the_same_deploy_twice_is_already_so() -> None:
    """Deploying what is deployed appends nothing and says since when and by whom."""
    given(*DEPLOYED).when(Deploy(SPEC)).then_already(since=after(0), by="ana", reason=None)


@pytest.mark.parametrize("state", sorted(LIVE - {JobState.STOPPING}), ids=str)
def test_a_living_job_gets_its_spec_by_a_rollout(state: JobState) -> None:
    """Another spec drains and stops what lives under the old one; the same one is already so and never restarts the job."""
    job = given(*PASTS[state]).job
    assert job is not None
    after = given(*PASTS[state]).when(Deploy(OTHER_SPEC)).then(RolloutRequested(OTHER_SPEC, (), None, DUE))
    assert (after.state, after.spec, after.epoch) == (JobState.STOPPING, SPEC, job.epoch + 1)
    given(*PASTS[state]).when(Deploy(SPEC)).then_already(since=job.since, by=job.by, reason=job.reason)


def test_a_stop_is_not_turned_into_a_rollout() -> None:
    """Somebody stopped it: another spec waits until it has."""
    given(*PASTS[JobState.STOPPING]).when(Deploy(OTHER_SPEC)).then_refused("illegal_transition", legal=("kill",))


def test_another_spec_at_rest() -> None:
    """A job at rest takes another spec and stays at rest."""
    job = given(*DEPLOYED).when(Deploy(OTHER_SPEC)).then(JobDeployed(OTHER_SPEC))
    assert (job.state, job.spec, job.version, job.epoch) == (JobState.DEPLOYED, OTHER_SPEC, 2, 0)


@pytest.mark.parametrize("spec", [SPEC, OTHER_SPEC], ids=["same", "other"])
def test_redeploy_after_stop_keeps_the_cut(spec: JobSpec) -> None:
    """A stopped job becomes DEPLOYED again, also with the same spec, and its next start still continues at the cut."""
    job = given(*STOPPED).when(Deploy(spec)).then(JobDeployed(spec))
    assert job.cut == orders(7, 9)
    assert job.state is JobState.DEPLOYED


def test_redeploy_after_failure_clears_it() -> None:
    """A new deploy of a failed job takes the failure away, but not the cut."""
    job = given(*FAILED).when(Deploy(OTHER_SPEC)).then(JobDeployed(OTHER_SPEC))
    assert (job.failure, job.reason, job.cut) == (None, None, orders(3, 0))


def test_a_redeploy_never_unpauses() -> None:
    """Holds are only ever added by a deploy: one without holds leaves those there are, and the next start is still."""
    past = (*HELD_AT_REST, JobStopped("c2", ()))
    job = given(*past).when(Deploy(OTHER_SPEC)).then(JobDeployed(OTHER_SPEC))
    assert [hold.name for hold in job.holds] == ["operator", "audit"]
    again = given(*past, JobDeployed(OTHER_SPEC)).when(Start())
    assert again.then(StartRequested(None, DUE), PauseRequested("operator", "not yet", DUE)).state is JobState.PAUSING


def test_a_redeploy_may_add_a_hold() -> None:
    """A hold that is there keeps its owner and time; a new one is the redeployer's. The same spec is then not yet so."""
    job = (
        given(*HELD_AT_REST)
        .when(Deploy(SPEC, ("audit", "night"), "later"))
        .then(JobDeployed(SPEC, ("audit", "night"), "later"))
    )
    assert [(hold.name, hold.by, hold.since) for hold in job.holds] == [
        ("operator", "ana", after(0)),
        ("audit", "ana", after(0)),
        ("night", "ben", NOW),
    ]


def test_fewer_holds_change_nothing() -> None:
    """The same spec with a subset of the holds is already so: a deploy must not let go of the others."""
    given(*HELD_AT_REST).when(Deploy(SPEC, ("audit",))).then_already(since=after(0), by="ana", reason="not yet")


def test_a_deploy_does_not_add_a_hold_to_a_living_job() -> None:
    """That would pause it without an epoch: it is refused, and `pause` is named as legal."""
    refused = (
        given(*RUNNING)
        .when(Deploy(SPEC, ("audit",)))
        .then_refused("illegal_transition", legal=("pause", "stop", "drain", "kill", "deploy"))
    )
    assert "RUNNING" in refused.message


def test_holds_survive_failure_and_redeploy() -> None:
    """A job that failed while held is still held after its redeploy."""
    failed = (*PAUSED, HoldAdded("audit", None), JobFailed("record_path", "gone", orders(7, 9)))
    job = given(*failed).when(Deploy(OTHER_SPEC)).then(JobDeployed(OTHER_SPEC))
    assert [hold.name for hold in job.holds] == ["operator", "audit"]


@pytest.mark.parametrize(
    "past", [(*DEPLOYED, JobDeployed(OTHER_SPEC)), (*DEPLOYED, JobDeployed(OTHER_SPEC), JobDeployed(SPEC))]
)
def test_one_version_is_one_text(past: tuple[JobDeployed, ...]) -> None:
    """Another text under a version that the job has or had is refused, lest a rollback to it be to another."""
    refused = given(*past).when(Deploy(replace(OTHER_SPEC, sql="SELECT x FROM orders"))).then_refused("version_reused")
    assert refused.hint == "give it another @version"
    given(*ROLLING).when(Deploy(replace(OTHER_SPEC, sql="SELECT x FROM orders"))).then_refused("version_reused")
    given(*DEPLOYED, JobDeployed(OTHER_SPEC), JobDeployed(SPEC)).when(Deploy(OTHER_SPEC)).then(JobDeployed(OTHER_SPEC))


def test_a_text_that_names_no_version() -> None:
    """It has version 1 like any other such text: what was never said is no promise."""
    unnamed = replace(SPEC, sql="SELECT x FROM orders")
    given(*DEPLOYED).when(Deploy(unnamed)).then(JobDeployed(unnamed))
