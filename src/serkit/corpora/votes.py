"""What CREMA-D's listeners heard, beside what its actors meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from serkit.corpora.manifest import read_table
from serkit.errors import CorpusError

if TYPE_CHECKING:
    import pandas as pd

_EMOTIONS = {"A": "angry", "D": "disgust", "F": "fear", "H": "happy", "N": "neutral", "S": "sad"}
_COLUMNS = {"votes_voice": "VoiceVote", "votes_face": "FaceVote", "votes_multimodal": "MultiModalVote"}


def add_votes(manifest: pd.DataFrame, path: Path | str) -> pd.DataFrame:
    """Add the emotion that most listeners named to the CREMA-D clips of a manifest.

    Parameters
    ----------
    manifest : DataFrame
        Manifest with clips of CREMA-D.
    path : Path or str
        The corpus's ``processedResults/summaryTable.csv``.

    Returns
    -------
    DataFrame
        The manifest with columns `votes_voice` (who heard), `votes_face` (who saw) and `votes_multimodal`
        (both); emotions with equally many votes are joined by ":". Missing for clips of other corpora.

    Raises
    ------
    ManifestError
        If the table cannot be read.
    CorpusError
        If it is another table, or has none of the clips.

    References
    ----------
    .. [1] Cao, H., Cooper, D. G., Keutmann, M. K., Gur, R. C., Nenkova, A., and Verma, R. (2014). CREMA-D:
       Crowd-sourced emotional multimodal actors dataset. IEEE Transactions on Affective Computing, 5(4),
       377-390.
    """
    table = read_table(path)
    missing = [name for name in ("FileName", *_COLUMNS.values()) if name not in table]
    if missing:
        raise CorpusError(f"{path}: no column {missing[0]}", hint="give CREMA-D's summaryTable.csv")
    votes = table.set_index("FileName")[list(_COLUMNS.values())].map(_name_emotions, na_action="ignore")
    clips = [_clip_name(file) if corpus == "crema-d" else "" for file, corpus in _files(manifest)]
    found = votes.reindex(clips).set_axis(list(_COLUMNS), axis="columns")
    if found.isna().all(axis=None):
        raise CorpusError(
            f"{path}: has none of the manifest's clips", hint="scan CREMA-D before adding votes"
        )
    return manifest.assign(**{name: found[name].to_numpy() for name in _COLUMNS})


def _files(manifest: pd.DataFrame) -> zip[tuple[Any, ...]]:
    return zip(manifest["file"], manifest["corpus"], strict=True)


def _clip_name(file: str) -> str:
    """Name in the table; one recording of some copies ends in a single X."""
    name = Path(file).stem.upper()
    return f"{name}X" if name.endswith("_X") else name


def _name_emotions(letters: str) -> str:
    return ":".join(_EMOTIONS[letter] for letter in letters.split(":"))
