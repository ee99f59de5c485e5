"""Receives a file from a browser straight into a private file, hashed on the way."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from integrations.services.storage import Incoming


class ReceivedFile(UploadedFile[bytes]):
    """A file that a browser sent; the request closes it, which deletes it unless kept."""

    def __init__(self, incoming: Incoming, **facts: Any) -> None:
        super().__init__(file=incoming.file, size=incoming.size, **facts)
        self.incoming = incoming

    def close(self) -> None:
        self.incoming.close()


class IncomingUploadHandler(FileUploadHandler):
    """Writes each chunk to the storage of uploads; memory stays bounded."""

    incoming: Incoming | None = None

    def new_file(self, *args: Any, **options: Any) -> None:
        super().new_file(*args, **options)
        self.incoming = Incoming()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        assert self.incoming is not None  # noqa: S101  new_file came first
        self.incoming.write(raw_data)

    def file_complete(self, file_size: int) -> ReceivedFile:
        assert self.incoming is not None  # noqa: S101  new_file came first
        received, self.incoming = self.incoming, None
        return ReceivedFile(received, name=self.file_name, content_type=self.content_type)

    def upload_interrupted(self) -> None:
        if self.incoming is not None:
            self.incoming.close()
