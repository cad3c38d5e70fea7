"""The parts of one multipart upload, sent in parallel."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx

from contract.api import CompletedPart, SignedPart, SignedParts, SignParts, UploadedParts
from contract.routes import SIGN_PARTS
from stem_foundry._api import Api
from stem_foundry._body import CountedBody
from stem_foundry._errors import ApiError, ClientErrorCode, TransferFailed
from stem_foundry._http import Http
from stem_foundry._problems import storage_error
from stem_foundry._progress import Meter
from stem_foundry._source import Source

PARALLEL_PARTS = 4

_LINK_TRIES = 3
# Links live for an hour; signing far ahead would only make them expire unused on a slow line.
_PARTS_PER_SIGNING = 16


class PartSender:
    """Sends the parts of one multipart upload that storage does not hold yet."""

    def __init__(self, api: Api, http: Http, source: Source, *, listed: UploadedParts, meter: Meter) -> None:
        self._http = http
        self._source = source
        self._part_size = listed.part_size_bytes
        self._meter = meter
        numbers = range(1, listed.part_count + 1)
        self._etags = {
            part.part_number: part.etag
            for part in listed.parts
            if part.part_number in numbers and part.size_bytes == self._length(part.part_number)
        }
        self._missing = [number for number in numbers if number not in self._etags]
        self._links = PartLinks(api, str(listed.upload_id), self._missing)

    def send_missing(self) -> list[CompletedPart]:
        """Send in parallel; returns all parts in order.

        Raises:
            TransferFailed: when storage refuses a part.
            ServiceUnreachable: when it does not answer; what has arrived stays there.
        """
        self._meter.add(sum(map(self._length, self._etags)))
        with ThreadPoolExecutor(PARALLEL_PARTS, thread_name_prefix="part") as pool:
            sending = {pool.submit(self._send, number): number for number in self._missing}
            try:
                for future in as_completed(sending):
                    self._etags[sending[future]] = future.result()
            except BaseException:
                self._meter.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [CompletedPart(part_number=number, etag=etag) for number, etag in sorted(self._etags.items())]

    def _length(self, number: int) -> int:
        return min(self._part_size, self._source.size_bytes - (number - 1) * self._part_size)

    def _send(self, number: int) -> str:
        length = self._length(number)
        body = CountedBody(self._source, (number - 1) * self._part_size, length, self._meter)
        response = self._put(number, length, body)
        for _ in range(_LINK_TRIES - 1):
            if response.status_code != httpx.codes.FORBIDDEN:
                break
            self._links.drop(number)
            response = self._put(number, length, body)
        if not response.is_success:
            raise storage_error(response, f"send part {number} of {self._source.path.name}")
        etag = response.headers.get("ETag")
        if not etag:
            raise TransferFailed(ClientErrorCode.STORAGE_REFUSED, "Storage confirmed a part without an ETag.")
        return str(etag)

    def _put(self, number: int, length: int, body: CountedBody) -> httpx.Response:
        link = self._links.get(number)
        headers = {**link.headers, "Content-Length": str(length)}
        return self._http.send("PUT", str(link.url), headers=headers, content=body)


class PartLinks:
    """Signed links, asked for in batches shortly before they are needed."""

    def __init__(self, api: Api, upload_id: str, numbers: list[int]) -> None:
        self._api = api
        self._upload_id = upload_id
        self._numbers = numbers
        self._links: dict[int, SignedPart] = {}
        self._lock = threading.Lock()

    def get(self, number: int) -> SignedPart:
        """The link of a part."""
        with self._lock:
            if number not in self._links:
                self._sign(number)
            return self._links[number]

    def drop(self, number: int) -> None:
        """Forget a link that storage refused, and all that were signed with it."""
        with self._lock:
            self._links = {known: link for known, link in self._links.items() if known < number}

    def _sign(self, first: int) -> None:
        batch = [number for number in self._numbers if number >= first][:_PARTS_PER_SIGNING]
        signed = self._api.fetch(
            SIGN_PARTS,
            SignedParts,
            path={"upload_id": self._upload_id},
            body=SignParts(part_numbers=batch),
        )
        self._links.update({part.part_number: part for part in signed.parts})
        if first not in self._links:
            raise ApiError(ClientErrorCode.UNEXPECTED_ANSWER, f"The service did not sign part {first}.", 200)
