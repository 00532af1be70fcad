"""Corpora of acted emotions whose file names say everything, as data."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from importlib import resources
from typing import NamedTuple

from serkit.errors import CorpusError
from serkit.unknown import unknown_name


class Speaker(NamedTuple):
    """What is published about one speaker.

    Attributes
    ----------
    gender : str
        "female" or "male".
    clips : int
        How many clips of speech the complete corpus has of the speaker.
    age : int or None
        Years.
    race : str or None
        In the words of the corpus.
    """

    gender: str
    clips: int
    age: int | None = None
    race: str | None = None


class Archive(NamedTuple):
    """Where a corpus can be fetched from.

    Attributes
    ----------
    url : str
        Address of a zip archive.
    name : str
        File name of the archive.
    checksum : str
        As published, "md5:..." or "sha256:..."; "" where none is published.
    """

    url: str
    name: str
    checksum: str = ""


@dataclass(frozen=True)
class Corpus:
    """One corpus: how its files are named, and what is published about it.

    Attributes
    ----------
    name, title, homepage, licence, language : str
        Key in `CORPORA`, full name, address, licence, and ISO 639 code of the language spoken.
    example : str
        A file name without its suffix.
    pattern : str
        Regular expression over a whole file name without its suffix, whatever its case. Its groups are
        `speaker`, `emotion`, `statement`, `intensity`, `channel` and `modality`; others tell clips apart.
        A name without a speaker has it in the name of its folder.
    codes : dict of str to dict
        For each group: what its codes, in lower case, stand for.
    speakers : dict of str to Speaker
        Facts about each speaker.
    counts : dict of str to dict
        For each channel: published number of clips of each emotion.
    statements : dict of str to str
        Words of each statement, as far as they are published.
    carrier : str
        The words where they follow from the statement, e.g. "Say the word {}".
    archive : Archive or None
        Where it can be fetched without registration.
    """

    name: str
    title: str
    homepage: str
    licence: str
    language: str
    example: str
    pattern: str
    codes: dict[str, dict[str, str]]
    speakers: dict[str, Speaker]
    counts: dict[str, dict[str, int]]
    statements: dict[str, str] = field(default_factory=dict)
    carrier: str = ""
    archive: Archive | None = None

    def parse(self, stem: str, folder: str = "") -> dict[str, str] | None:
        """Return what a file name says, or None if it is not one of this corpus.

        Parameters
        ----------
        stem : str
            File name without its suffix.
        folder : str, default ""
            Name of its folder, asked only where the file name has no speaker.

        Returns
        -------
        dict or None
            Value of each group of the pattern; "" where a code stands for nothing.

        Examples
        --------
        >>> CORPORA["crema-d"].parse("1001_IEO_ang_HI")
        {'speaker': '1001', 'statement': 'IEO', 'emotion': 'angry', 'intensity': 'high'}
        """
        match = re.fullmatch(self.pattern, stem, flags=re.IGNORECASE)
        if match is None:
            return None
        values = {group: self._decode(group, code or folder) for group, code in match.groupdict().items()}
        return values if values["speaker"] in self.speakers else None

    def _decode(self, group: str, code: str) -> str:
        known = self.codes.get(group)
        if known is not None:
            return known.get(code.lower(), "")
        capitals = group == "speaker" or code.upper() in self.statements
        return code.upper() if capitals else code.lower()


def find_corpus(name: str) -> Corpus:
    """Return the corpus of that name.

    Parameters
    ----------
    name : str
        Key of `CORPORA`; case, hyphens and underscores do not matter.

    Returns
    -------
    Corpus
        The corpus.

    Raises
    ------
    CorpusError
        If there is none of that name.

    Examples
    --------
    >>> find_corpus("CREMAD").title
    'Crowd-sourced Emotional Multimodal Actors Dataset'
    """
    for key, corpus in CORPORA.items():
        if _plain(key) == _plain(name):
            return corpus
    raise unknown_name(CorpusError, "corpus", name, CORPORA)


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _read_speakers(name: str) -> dict[str, Speaker]:
    """Speaker facts from a table in this package; lines that begin with # are comments."""
    lines = resources.files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {
        row["speaker"]: Speaker(row["gender"], int(row["clips"]), int(row["age"]), row["race"] or None)
        for row in rows
    }


def _counts(count: int, emotions: str, **others: int) -> dict[str, int]:
    return dict.fromkeys(emotions.split(), count) | others


_RAVDESS = Corpus(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song",
    homepage="https://zenodo.org/records/1188976",
    licence="CC BY-NC-SA 4.0 (https://creativecommons.org/licenses/by-nc-sa/4.0/)",
    language="en",
    example="03-01-06-01-02-01-12",
    pattern=(
        r"(?P<modality>0[1-3])-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])"
        r"-(?P<statement>0[12])-(?P<repetition>0[12])-(?P<speaker>\d\d)"
    ),
    codes={
        "modality": {"01": "video", "02": "video", "03": "audio"},
        "channel": {"01": "speech", "02": "song"},
        "emotion": {
            "01": "neutral",
            "02": "calm",
            "03": "happy",
            "04": "sad",
            "05": "angry",
            "06": "fear",
            "07": "disgust",
            "08": "surprise",
        },
        "intensity": {"01": "normal", "02": "strong"},
    },
    speakers={f"{actor:02d}": Speaker("male" if actor % 2 else "female", 60) for actor in range(1, 25)},
    counts={
        "speech": _counts(192, "angry calm disgust fear happy sad surprise", neutral=96),
        "song": _counts(184, "angry calm fear happy sad", neutral=92),
    },
    statements={"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"},
    archive=Archive(
        "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",
        "Audio_Speech_Actors_01-24.zip",
        "md5:bc696df654c87fed845eb13823edef8a",
    ),
)

_CREMA_D = Corpus(
    name="crema-d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset",
    homepage="https://github.com/CheyneyComputerScience/CREMA-D",
    licence="ODbL 1.0 (https://opendatacommons.org/licenses/odbl/1-0/)",
    language="en",
    example="1001_IEO_ANG_HI",
    # One file of some copies is named 1040_ITH_SAD_X, with a single X.
    pattern=(
        r"(?P<speaker>\d{4})_(?P<statement>IEO|TIE|IOM|IWW|TAI|MTI|IWL|ITH|DFA|ITS|TSI|WSI)"
        r"_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<intensity>LO|MD|HI|XX?)"
    ),
    codes={
        "emotion": {
            "ang": "angry",
            "dis": "disgust",
            "fea": "fear",
            "hap": "happy",
            "neu": "neutral",
            "sad": "sad",
        },
        "intensity": {"lo": "low", "md": "medium", "hi": "high"},
    },
    speakers=_read_speakers("crema_d_speakers.csv"),
    counts={"speech": _counts(1271, "angry disgust fear happy sad", neutral=1087)},
    statements={
        "IEO": "It's eleven o'clock",
        "TIE": "That is exactly what happened",
        "IOM": "I'm on my way to the meeting",
        "IWW": "I wonder what this is about",
        "TAI": "The airplane is almost full",
        "MTI": "Maybe tomorrow it will be cold",
        "IWL": "I would like a new alarm clock",
        "ITH": "I think I have a doctor's appointment",
        "DFA": "Don't forget a jacket",
        "ITS": "I think I've seen this before",
        "TSI": "The surface is slick",
        "WSI": "We'll stop in a couple of minutes",
    },
    archive=Archive(
        "https://gitlab.com/cs-cooper-lab/crema-d-mirror/-/archive/main/crema-d-mirror-main.zip?path=AudioWAV",
        "crema-d-mirror-main-AudioWAV.zip",
    ),
)

_TESS = Corpus(
    name="tess",
    title="Toronto Emotional Speech Set",
    homepage="https://doi.org/10.5683/SP2/E8H2MF",
    licence="CC BY-NC-ND 4.0 (https://creativecommons.org/licenses/by-nc-nd/4.0/)",
    language="en",
    example="OAF_back_angry",
    # One file of some copies is named OA_bite_neutral.
    pattern=(
        r"(?P<speaker>OAF?|YAF?)_(?P<statement>[a-z]+)"
        r"_(?P<emotion>angry|disgust|fear|happy|neutral|ps|pleasant_surprised?|sad)"
    ),
    codes={
        "speaker": {"oaf": "OAF", "oa": "OAF", "yaf": "YAF", "ya": "YAF"},
        "emotion": {
            "angry": "angry",
            "disgust": "disgust",
            "fear": "fear",
            "happy": "happy",
            "neutral": "neutral",
            "ps": "surprise",
            "pleasant_surprise": "surprise",
            "pleasant_surprised": "surprise",
            "sad": "sad",
        },
    },
    speakers={"OAF": Speaker("female", 1400, 64), "YAF": Speaker("female", 1400, 26)},
    counts={"speech": _counts(400, "angry disgust fear happy neutral sad surprise")},
    carrier="Say the word {}",
    # The publisher serves single files; this copy is one archive with a published checksum.
    archive=Archive(
        "https://bj.bcebos.com/paddleaudio/datasets/TESS_Toronto_emotional_speech_set.zip",
        "TESS_Toronto_emotional_speech_set.zip",
        "md5:1465311b24d1de704c4c63e4ccc470c7",
    ),
)

_SAVEE = Corpus(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion Database",
    homepage="http://kahlan.eps.surrey.ac.uk/savee/",
    licence="research only, after registration at http://kahlan.eps.surrey.ac.uk/savee/",
    language="en",
    example="DC_a01",
    # The two-letter codes come first: "sa" and "su" are no single letters with a number.
    pattern=r"(?:(?P<speaker>DC|JE|JK|KL)_)?(?P<statement>(?P<emotion>sa|su|a|d|f|h|n)\d\d)",
    codes={
        "emotion": {
            "a": "angry",
            "d": "disgust",
            "f": "fear",
            "h": "happy",
            "n": "neutral",
            "sa": "sad",
            "su": "surprise",
        }
    },
    speakers={name: Speaker("male", 120) for name in ("DC", "JE", "JK", "KL")},
    counts={"speech": _counts(60, "angry disgust fear happy sad surprise", neutral=120)},
)

_EMODB = Corpus(
    name="emodb",
    title="Berlin Database of Emotional Speech",
    homepage="https://zenodo.org/records/7447302",
    licence="CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
    language="de",
    example="03a01Fa",
    pattern=r"(?P<speaker>\d\d)(?P<statement>[ab]\d\d)(?P<emotion>[WLEAFTN])(?P<version>[a-z])",
    codes={
        "emotion": {
            "w": "angry",
            "l": "boredom",
            "e": "disgust",
            "a": "fear",
            "f": "happy",
            "t": "sad",
            "n": "neutral",
        }
    },
    # Ages and sentences as the makers list them at http://emodb.bilderbar.info/docu/.
    speakers={
        "03": Speaker("male", 49, 31),
        "08": Speaker("female", 58, 34),
        "09": Speaker("female", 43, 21),
        "10": Speaker("male", 38, 32),
        "11": Speaker("male", 55, 26),
        "12": Speaker("male", 35, 30),
        "13": Speaker("female", 61, 32),
        "14": Speaker("female", 69, 35),
        "15": Speaker("male", 56, 25),
        "16": Speaker("female", 71, 31),
    },
    counts={
        "speech": {
            "angry": 127,
            "boredom": 81,
            "disgust": 46,
            "fear": 69,
            "happy": 71,
            "neutral": 79,
            "sad": 62,
        }
    },
    statements={
        "a01": "Der Lappen liegt auf dem Eisschrank",
        "a02": "Das will sie am Mittwoch abgeben",
        "a04": "Heute abend könnte ich es ihm sagen",
        "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück",
        "a07": "In sieben Stunden wird es soweit sein",
        "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
        "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter",
        "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht",
        "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen",
        "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen",
    },
    archive=Archive(
        "https://zenodo.org/records/7447302/files/emodb.zip?download=1",
        "emodb.zip",
        "md5:9d21362dbc5676ef3ab4745d83ced0db",
    ),
)

CORPORA: dict[str, Corpus] = {c.name: c for c in (_RAVDESS, _CREMA_D, _TESS, _SAVEE, _EMODB)}
