"""The lease: progress goes forward only, flags are noticed, silence is bounded."""

import threading

import pytest
from botocore.exceptions import EndpointConnectionError

from contract.states import JobStage
from sagemaker_container.adapters.job_table import UpdateRefusedError
from sagemaker_container.lease import JobStoppedError, Lease, StopReason


class RecordingTable:
    """Remembers progress updates; each is followed by an event."""

    def __init__(self):
        self.updates = []
        self.written = threading.Semaphore(0)
        self.answer = None

    def update(self, update):
        self.updates.append((update.assign["stage"], float(update.assign["progress"])))
        self.written.release()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or Answer()


class Answer:
    cancel_requested = False


class Cancelling:
    cancel_requested = True


def lease_on(table, *, lease_seconds=60, interval=0.0, clock=lambda: 0.0):
    return Lease(
        table,
        "job",
        1,
        "worker",
        lease_seconds=lease_seconds,
        stopping=threading.Event(),
        interval_seconds=interval,
        clock=clock,
    )


def wait_for_stop(lease):
    """Wait until the lease's thread has ended, as it does after a reason to stop."""
    lease._thread.join(20)
    assert not lease._thread.is_alive()


def test_progress_is_written_and_never_goes_back():
    table = RecordingTable()
    with lease_on(table) as lease:
        for stage, share in [
            (JobStage.DOWNLOADING, 0.5),
            (JobStage.SEPARATING, 0.5),
            (JobStage.SEPARATING, 0.2),
            (JobStage.DECODING, 1.0),
            (JobStage.ENCODING, 0.0),
            (JobStage.UPLOADING, 1.0),
        ]:
            lease.report(stage, share)
        lease.confirm()
    shares = [progress for _, progress in table.updates]
    assert shares == sorted(shares)
    assert table.updates[-1] == ("uploading", 0.99)


def test_a_burst_of_reports_is_one_update():
    table = RecordingTable()
    with lease_on(table, interval=3600) as lease:
        lease.report(JobStage.DOWNLOADING, 0.1)
        assert table.written.acquire(timeout=20)
        for step in range(100):
            lease.report(JobStage.SEPARATING, step / 100)
    assert len(table.updates) == 1


def test_the_lease_is_renewed_without_progress():
    table = RecordingTable()
    with lease_on(table, lease_seconds=0):
        assert table.written.acquire(timeout=20)
        assert table.written.acquire(timeout=20)


def test_a_cancel_flag_stops_the_work():
    table = RecordingTable()
    table.answer = Cancelling()
    with lease_on(table) as lease:
        lease.report(JobStage.DECODING, 0.0)
        wait_for_stop(lease)
        with pytest.raises(JobStoppedError) as caught:
            lease.checkpoint()
    assert caught.value.reason is StopReason.CANCELLED


def test_a_record_that_is_gone_stops_the_work():
    table = RecordingTable()
    table.answer = UpdateRefusedError(None)
    with lease_on(table) as lease, pytest.raises(JobStoppedError) as caught:
        lease.confirm()
    assert caught.value.reason is StopReason.DELETED


def test_an_unreachable_table_is_borne_until_the_lease_has_run_out():
    now = [0.0]
    table = RecordingTable()
    table.answer = EndpointConnectionError(endpoint_url="http://dynamodb")
    with lease_on(table, lease_seconds=60, clock=lambda: now[0]) as lease:
        lease.report(JobStage.DECODING, 0.0)
        assert table.written.acquire(timeout=20)
        lease.checkpoint()
        now[0] = 61.0
        lease.report(JobStage.DECODING, 0.5)
        wait_for_stop(lease)
        with pytest.raises(JobStoppedError) as caught:
            lease.checkpoint()
    assert caught.value.reason is StopReason.UNREACHABLE


def test_nothing_is_written_after_closing():
    table = RecordingTable()
    lease = lease_on(table)
    with lease:
        lease.confirm()
    count = len(table.updates)
    lease.report(JobStage.UPLOADING, 1.0)
    assert len(table.updates) == count


def test_a_stopping_process_stops_the_work():
    lease = lease_on(RecordingTable())
    lease._stopping.set()
    with lease, pytest.raises(JobStoppedError) as caught:
        lease.checkpoint()
    assert caught.value.reason is StopReason.SHUTDOWN
