"""The alterations by name: what each calls, and the settings that it takes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from serkit.augment import channels, extent, material, noise, others, reverb, tempo

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from serkit.audio import Clip


class Setting(NamedTuple):
    """What a setting is drawn from where a recipe says nothing, and what it may be at least and at most."""

    low: float
    high: float
    least: float
    most: float


class Kind(NamedTuple):
    """An alteration: what it does, by which function of clip, generator and settings; what else it reads.

    It degrades a recording where it is no longer heard as in a quiet room: another voice, tempo, level or
    extent does not.
    """

    summary: str
    alter: Callable[..., Clip]
    settings: dict[str, Setting]
    reads_folder: bool = False
    reads_others: bool = False
    degrades: bool = True


def _sure(function: Callable[..., Clip], **chosen: Any) -> Callable[..., Clip]:
    """Return a function that draws nothing as one that is given a generator."""
    return lambda clip, _, **settings: function(clip, **chosen, **settings)


def _coloured(clip: Clip, rng: np.random.Generator, *, colour: Any, snr_db: float) -> Clip:
    return noise.mix(clip, noise.coloured_noise(clip.signal.size, colour, rng), snr_db)


def _crowd(clip: Clip, rng: np.random.Generator, *, voices: float, snr_db: float) -> Clip:
    return noise.mix(clip, noise.crowd(clip, round(voices), rng), snr_db)


def _roll(clip: Clip, samples: float) -> Clip:
    return extent.shift_time(clip, int(samples), circular=True)


def _shift(clip: Clip, shift_s: float) -> Clip:
    return extent.shift_time(clip, round(shift_s * clip.sampling_rate))


def _reverberate(clip: Clip, rng: np.random.Generator, *, rt60_s: float, direct_db: float) -> Clip:
    room = reverb.synthetic_room(rt60_s, clip.sampling_rate, rng, direct_db=direct_db)
    return reverb.reverberate(clip, room)


_SCALE = {"scale": Setting(0.035, 0.035, 0, 10)}
_SNR = {"snr_db": Setting(0, 30, -100, 100)}
_BABBLE = {"voices": Setting(5, 5, 1, 100)} | _SNR
_ROOM = {"rt60_s": Setting(0.2, 0.8, 0.01, 20), "direct_db": Setting(0, 6, -60, 60)}
_SHIFT = {"shift_s": Setting(-0.2, 0.2, -60, 60)}
_SILENCE = {"before_s": Setting(0, 1, 0, 60), "after_s": Setting(0, 1, 0, 60)}
_ROLL = {"samples": Setting(-5_000, 5_000, -1e6, 1e6)}
_CROP = {"shortest_s": Setting(1, 1, 0.01, 3_600)}
_GAIN = {"gain_db": Setting(-30, 30, -100, 40)}
_TEMPO = {"rate": Setting(0.8, 0.8, 0.1, 10)}
_PITCH = {"semitones": Setting(0.7, 0.7, -24, 24)}
_SPEED = {"rate": Setting(0.9, 1.1, 0.1, 10)}
_OPUS, _MP3 = Setting(6_000, 24_000, 6_000, 256_000), Setting(16_000, 64_000, 8_000, 320_000)
# Where a published system names a value, that is the default.
STEPS: dict[str, Kind] = {
    "noise": Kind("white noise, a random share of the peak", noise.add_noise, _SCALE),
    "white-noise": Kind("white noise", partial(_coloured, colour="white"), _SNR),
    "pink-noise": Kind("pink noise", partial(_coloured, colour="pink"), _SNR),
    "background": Kind("an excerpt of a recording", material.add_background, _SNR, reads_folder=True),
    "babble": Kind("several recordings at once", material.add_babble, _BABBLE, reads_folder=True),
    "crowd": Kind("several voices, made of the recording itself", _crowd, _BABBLE),
    "others": Kind("several of the other recordings at once", others.add_others, _BABBLE, reads_others=True),
    "roll": Kind("circular time shift", _sure(_roll), _ROLL, degrades=False),
    "shift": Kind("time shift; silence fills the gap", _sure(_shift), _SHIFT, degrades=False),
    "crop": Kind("a random stretch", extent.random_crop, _CROP, degrades=False),
    "silence": Kind("silence on both sides", _sure(extent.surround_with_silence), _SILENCE, degrades=False),
    "gain": Kind("another level", _sure(extent.change_gain), _GAIN, degrades=False),
    "stretch": Kind("another tempo", _sure(tempo.stretch_time), _TEMPO, degrades=False),
    "pitch": Kind("another pitch", _sure(tempo.shift_pitch), _PITCH, degrades=False),
    "speed": Kind("another tempo and pitch", _sure(tempo.change_speed), _SPEED, degrades=False),
    "reverb": Kind("a made-up room", _reverberate, _ROOM),
    "room": Kind("a room by its impulse response", material.sound_in_room, {}, reads_folder=True),
    "telephone": Kind("300 Hz to 3,400 Hz", _sure(channels.telephone_band), {}),
    "opus": Kind("Opus, bit/s", _sure(channels.compress, codec="opus"), {"bitrate": _OPUS}),
    "mp3": Kind("MP3, bit/s", _sure(channels.compress, codec="mp3"), {"bitrate": _MP3}),
    "mu-law": Kind("8 bits at 8 kHz, µ-law of G.711", _sure(channels.compand, law="mu-law"), {}),
    "a-law": Kind("8 bits at 8 kHz, A-law of G.711", _sure(channels.compand, law="a-law"), {}),
}
