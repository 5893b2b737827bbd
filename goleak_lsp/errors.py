"""The exceptions that users may see; every message is one line that names the file or address.

GoleakError
├── UsageError           the command line or a setting is wrong
├── SourceError          bytes could not be obtained (missing, refused, slow, too large)
├── ProfileError         bytes were obtained and are no goroutine profile
└── RequestError         an editor asked for something that cannot be done
"""


class GoleakError(Exception):
    """Root of all errors that are reported and never shown as a traceback."""


class UsageError(GoleakError):
    """The command line or a setting is wrong."""


class SourceError(GoleakError):
    """A source did not give bytes: it is missing, refused, too slow or too large."""


class ProfileError(GoleakError):
    """The bytes are not a profile that can be read, or one of another kind."""


class RequestError(GoleakError):
    """An editor's request cannot be carried out."""
