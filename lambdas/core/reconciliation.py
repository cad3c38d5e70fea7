"""Finding jobs whose messages were lost. Runs every few minutes over the active jobs only."""

from collections import Counter
from dataclasses import dataclass

from contract.records import JobRecord
from contract.states import JobState
from lambdas.core.ports import DispatchError, ObjectMissingError
from lambdas.core.settlement import Settlement, Settler


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Looks at every active job and settles or re-sends the ones that nothing else will move."""

    settler: Settler

    def run(self) -> tuple[Counter[Settlement], list[DispatchError]]:
        """Reconcile all active jobs.

        Returns:
            How many jobs each settlement met, and the dispatches that failed (tried again next time).
        """
        outcomes: Counter[Settlement] = Counter()
        errors: list[DispatchError] = []
        for record in self.settler.table.active_jobs():
            try:
                outcomes[self._reconcile(record)] += 1
            except DispatchError as error:
                errors.append(error)
        return outcomes, errors

    def _reconcile(self, indexed: JobRecord) -> Settlement:
        # The index lags behind; decide on the record itself.
        record = self.settler.table.get_job(indexed.job_id)
        if record is None or record.deleted_at is not None or record.state.is_final:
            return Settlement.IGNORED
        now = self.settler.now()
        if record.state is JobState.QUEUED:
            return self._queued(record, now)
        answered = self._answered(record)
        if answered is not None:
            return answered
        if record.lease_expires_at is not None and record.lease_expires_at < now:
            return self.settler.on_lost_attempt(record, only_if_lease_ended=True)
        return Settlement.IGNORED

    def _queued(self, record: JobRecord, now: int) -> Settlement:
        limits = self.settler.limits
        if record.dispatched_at is None:
            if now - record.created_at < limits.dispatch_grace_seconds * 1000:
                return Settlement.IGNORED
            return self.settler.send_again(record)
        answered = self._answered(record)
        if answered is not None:
            return answered
        if now - record.dispatched_at > limits.queue_timeout_seconds * 1000:
            return self.settler.time_out(record)
        return Settlement.IGNORED

    def _answered(self, record: JobRecord) -> Settlement | None:
        """Settle from the answer in S3 when there is one that says something about this attempt."""
        if record.output_location is not None:
            try:
                outcome = self.settler.on_output(record, record.output_location)
            except ObjectMissingError:
                outcome = Settlement.IGNORED
            if outcome is not Settlement.IGNORED:
                return outcome
        if record.failure_location is not None and self._exists(record.failure_location):
            return self.settler.on_lost_attempt(record)
        return None

    def _exists(self, location: str) -> bool:
        try:
            self.settler.objects.read(location)
        except ObjectMissingError:
            return False
        return True
