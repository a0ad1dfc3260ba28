"""Known mistakes of part 2: images."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import mistake
from .altered import but
from .part2 import ON_THE_CLASS, fitting, guarded, on_the_class, refitting, returning_nothing

# ---- 2.5 PerPixelMean

BOTH = ("training data", "test data")
PLACES = (0, 2, 3)


@mistake(
    "2.5", "PerPixelMean", "test images are centred by their own mean image; it comes from `fit` alone (handout 2.5)", fails=("test data",)
)
def pixel_own_mean(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.5",
    "PerPixelMean",
    "one mean a channel is subtracted (VGG); asked is a whole mean image (C, H, W), as in AlexNet (handout 2.5)",
    fails=BOTH,
)
def pixel_is_per_channel(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=PLACES, keepdims=True)))


@mistake(
    "2.5", "PerPixelMean", "the mean image is averaged over the channels as well, (H, W) instead of (C, H, W) (handout 2.5)", fails=BOTH
)
def pixel_grey_mean(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=(0, 1))))


@mistake("2.5", "PerPixelMean", "each image loses its own mean; the mean image is an average over images (handout 2.5)", fails=BOTH)
def pixel_mean_of_each_image(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=(1, 2, 3), keepdims=True))


@mistake("2.5", "PerPixelMean", "one number, the mean of all pixels, is subtracted (handout 2.5)", fails=BOTH)
def pixel_global_mean(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean()))


@mistake(
    "2.5", "PerPixelMean", "transform subtracts in place and so overwrites the images that it is given", fails=("conduct", "test data")
)
def pixel_in_place(right: Any) -> Any:
    def transform(self: Any, x: Any) -> Any:
        x -= self.mean
        return x

    return but(right, transform=transform)


# ---- 2.6 PerChannelMean


@mistake(
    "2.6",
    "PerChannelMean",
    "test images are centred by their own channel means; they come from `fit` alone (handout 2.6)",
    fails=("test data",),
)
def channel_own_mean(right: Any) -> Any:
    return refitting(right)


@mistake("2.6", "PerChannelMean", "the mean runs over all channels too, one number in all; asked are C numbers (handout 2.6)", fails=BOTH)
def channel_global_mean(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean()))


@mistake("2.6", "PerChannelMean", "a whole mean image is subtracted (AlexNet); asked is one number a channel (handout 2.6)", fails=BOTH)
def channel_is_per_pixel(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=0)))


@mistake("2.6", "PerChannelMean", "images are read as NHWC: the last axis is the width here, channels are axis 1 (handout 2.6)", fails=BOTH)
def channel_last(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=(0, 1, 2)))


@mistake(
    "2.6", "PerChannelMean", "each image is centred by its own channel means (that is instance normalization) (handout 2.6)", fails=BOTH
)
def channel_of_each_image(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - x.mean(axis=(2, 3), keepdims=True))


@mistake(
    "2.6",
    "PerChannelMean",
    "the mean is taken over the images and the height only, axes (0, 2); the width belongs to it (handout 2.6)",
    fails=BOTH,
)
def channel_not_over_width(right: Any) -> Any:
    return fitting(right, lambda self, t: setattr(self, "mean", t.mean(axis=(0, 2))[:, None, :]))


@mistake(
    "2.6",
    "PerChannelMean",
    "fit returns nothing, so that fit(train).transform(x) fails; it returns the object itself",
    fails=("test data",),
)
def channel_fit_returns_none(right: Any) -> Any:
    return returning_nothing(right)


# ---- 2.7 PerChannelStandardize


def channel_deviation(make: Any) -> Any:
    """A builder whose deviation is make(train)."""
    return lambda right: fitting(right, lambda self, t: setattr(self, "deviation", make(t)))


@mistake(
    "2.7",
    "PerChannelStandardize",
    "test images are standardised by their own statistics; these come from `fit` alone (handout 2.7)",
    fails=("test data", "constant channel"),
)
def channels_own_statistics(right: Any) -> Any:
    return refitting(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "one mean and one deviation serve all channels; the channels must not be averaged over (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_global(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.mean, self.deviation = t.mean(), t.std()

    return fitting(right, prepare)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the means are per channel but the deviation is one for all channels (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_one_deviation(right: Any) -> Any:
    return channel_deviation(np.std)(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the deviation is averaged over the images' own; deviations do not average, take all pixels at once (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_averaged_deviations(right: Any) -> Any:
    return channel_deviation(lambda t: guarded(t.std(axis=(2, 3)).mean(axis=0))[:, None, None])(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "a channel that is constant is divided by 0; a deviation of 0 counts as 1 (handout 2.7)",
    fails=("constant channel",),
)
def channels_constant_nan(right: Any) -> Any:
    return channel_deviation(lambda t: t.std(axis=PLACES, keepdims=True))(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the deviation divides by the count less one (ddof=1); it is the population one (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_ddof_one(right: Any) -> Any:
    return channel_deviation(lambda t: guarded(t.std(axis=PLACES, keepdims=True, ddof=1)))(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the images are divided by the variance, not by its square root (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_by_variance(right: Any) -> Any:
    return channel_deviation(lambda t: guarded(t.var(axis=PLACES, keepdims=True)))(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "means and deviations are taken pixel by pixel, over the images alone (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_per_pixel(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.mean, self.deviation = t.mean(axis=0), guarded(t.std(axis=0))

    return fitting(right, prepare)


@mistake(
    "2.7", "PerChannelStandardize", "images are read as NHWC; channels are axis 1 here (handout 2.7)", fails=(*BOTH, "constant channel")
)
def channels_last(right: Any) -> Any:
    def prepare(self: Any, t: Any) -> None:
        self.mean, self.deviation = t.mean(axis=(0, 1, 2)), guarded(t.std(axis=(0, 1, 2)))

    return fitting(right, prepare)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "a small number is added to every deviation; divide by the deviation itself, and by 1 where it is 0 (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_plus_eps(right: Any) -> Any:
    return channel_deviation(lambda t: t.std(axis=PLACES, keepdims=True) + 1e-7)(right)


@mistake(
    "2.7",
    "PerChannelStandardize",
    "the means are subtracted and the deviations forgotten: that is VGG's way, not ResNet's (handout 2.7)",
    fails=(*BOTH, "constant channel"),
)
def channels_only_centred(right: Any) -> Any:
    return but(right, transform=lambda self, x: x - self.mean)


@mistake("2.7", "PerChannelStandardize", ON_THE_CLASS, fails=("test data, another one fitted in between",))
def channels_on_the_class(right: Any) -> Any:
    return on_the_class(right)
