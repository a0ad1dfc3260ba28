"""Honest other ways in part 2, other kinds of data: images, embeddings and graphs, waveforms, rewards."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from . import variant
from .part2 import Shift

# ---- 2.5 to 2.7: images


@variant("2.5", "PerPixelMean")
def pixel_mean_by_loop(right: Any) -> Any:
    class PerPixelMean(Shift):
        def statistic(self, train: Any) -> Any:
            total = np.zeros_like(train[0])
            for image in train:
                total = total + image
            return total / len(train)

    return PerPixelMean


@variant("2.5", "PerPixelMean")
def pixel_mean_flat(right: Any) -> Any:
    class PerPixelMean:
        def fit(self, train: Any) -> Any:
            self.flat = train.reshape(len(train), -1).mean(0)
            return self

        def transform(self, x: Any) -> Any:
            return (x.reshape(len(x), -1) - self.flat).reshape(x.shape)

    return PerPixelMean


@variant("2.5", "PerPixelMean")
def pixel_mean_keeps_axis(right: Any) -> Any:
    class PerPixelMean(Shift):
        def statistic(self, train: Any) -> Any:
            return np.mean(train, axis=0, keepdims=True)

    return PerPixelMean


@variant("2.6", "PerChannelMean")
def channel_mean_by_loop(right: Any) -> Any:
    class PerChannelMean:
        def fit(self, train: Any) -> Any:
            self.means = [train[:, c].mean() for c in range(train.shape[1])]
            return self

        def transform(self, x: Any) -> Any:
            return np.stack([x[:, c] - m for c, m in enumerate(self.means)], axis=1)

    return PerChannelMean


@variant("2.6", "PerChannelMean")
def channel_mean_of_means(right: Any) -> Any:
    class PerChannelMean(Shift):
        def statistic(self, train: Any) -> Any:
            return train.mean(3).mean(2).mean(0).reshape(1, -1, 1, 1)

    return PerChannelMean


@variant("2.6", "PerChannelMean")
def channel_mean_channels_last(right: Any) -> Any:
    class PerChannelMean:
        def fit(self, train: Any) -> Any:
            self.mu = train.transpose(0, 2, 3, 1).reshape(-1, train.shape[1]).mean(0)
            return self

        def transform(self, x: Any) -> Any:
            return (x.transpose(0, 2, 3, 1) - self.mu).transpose(0, 3, 1, 2)

    return PerChannelMean


@variant("2.7", "PerChannelStandardize")
def channels_by_loop(right: Any) -> Any:
    class PerChannelStandardize:
        def fit(self, train: Any) -> Any:
            self.stats = [(train[:, c].mean(), train[:, c].std()) for c in range(train.shape[1])]
            return self

        def transform(self, x: Any) -> Any:
            y = np.zeros_like(x)
            for c, (m, s) in enumerate(self.stats):
                y[:, c] = (x[:, c] - m) / (s if s > 1e-12 else 1.0)
            return y

    return PerChannelStandardize


@variant("2.7", "PerChannelStandardize")
def channels_flat(right: Any) -> Any:
    class PerChannelStandardize:
        def fit(self, train: Any) -> Any:
            flat = np.moveaxis(train, 1, 0).reshape(train.shape[1], -1)
            self.m, self.s = flat.mean(1)[:, None, None], flat.std(1)[:, None, None].copy()
            self.s[self.s < 1e-12] = 1
            return self

        def transform(self, x: Any) -> Any:
            return (x - self.m) / self.s

    return PerChannelStandardize


@variant("2.7", "PerChannelStandardize")
def channels_by_second_moment(right: Any) -> Any:
    class PerChannelStandardize:
        def fit(self, train: Any) -> Any:
            n, _, h, w = train.shape
            self.m = np.einsum("nchw->c", train) / (n * h * w)
            first = train[0, :, 0, 0]  # about it, so that large means cancel no digits
            z = train - first.reshape(-1, 1, 1)
            v = np.einsum("nchw,nchw->c", z, z) / (n * h * w) - (self.m - first) ** 2
            self.s = np.sqrt(np.where(v < 1e-24, 1.0, v))
            return self

        def transform(self, x: Any) -> Any:
            return (x - self.m.reshape(-1, 1, 1)) / self.s.reshape(-1, 1, 1)

    return PerChannelStandardize


# ---- 2.8 unit_norm


@variant("2.8", "unit_norm")
def unit_norm_by_rows(right: Any) -> Any:
    return lambda e: np.array([row / np.sqrt(row @ row) if row.any() else row * 0.0 for row in e])


@variant("2.8", "unit_norm")
def unit_norm_least_floor(right: Any) -> Any:
    return lambda e: e / np.maximum(np.sqrt(np.sum(e**2, axis=1, keepdims=True)), 1e-300)


@variant("2.8", "unit_norm")
def unit_norm_nan_to_zero(right: Any) -> Any:
    return lambda e: np.nan_to_num(e / np.linalg.norm(e, axis=-1)[:, None])


@variant("2.8", "unit_norm")
def unit_norm_by_largest_entry(right: Any) -> Any:
    """Scaled by the largest entry first, so that nothing under- or overflows."""

    def unit_norm(embeddings: Any) -> Any:
        largest = np.abs(embeddings).max(axis=1, keepdims=True)
        scaled = embeddings / (largest + (largest == 0))
        return scaled / np.sqrt(np.einsum("nd,nd->n", scaled, scaled) + (largest[:, 0] == 0))[:, None]

    return unit_norm


# ---- 2.9 and 2.10: graphs


@variant("2.9", "degree_normalize")
def degree_by_loop(right: Any) -> Any:
    def degree_normalize(features: Any, adjacency: Any, power: float = 1.0) -> Any:
        out = np.zeros(features.shape)
        for i in range(len(out)):
            d = sum(adjacency[i])
            if d > 0:
                out[i] = features[i] / d**power
        return out

    return degree_normalize


@variant("2.9", "degree_normalize")
def degree_by_matrix(right: Any) -> Any:
    def degree_normalize(features: Any, adjacency: Any, power: float = 1.0) -> Any:
        d = adjacency @ np.ones(len(adjacency))
        inv = np.power(d, -power)
        inv[np.isinf(inv)] = 0
        return np.diag(inv) @ features

    return degree_normalize


@variant("2.9", "degree_normalize")
def degree_by_divide(right: Any) -> Any:
    def degree_normalize(features: Any, adjacency: Any, power: float = 1.0) -> Any:
        d = np.einsum("ij->i", adjacency)
        d = np.sqrt(d) if power == 0.5 else d
        return np.divide(features, d[:, None], out=np.zeros_like(features), where=d[:, None] > 0)

    return degree_normalize


@variant("2.10", "symmetric_normalize")
def symmetric_by_loop(right: Any) -> Any:
    def symmetric_normalize(adjacency: Any) -> Any:
        d = adjacency.sum(1)
        out = np.zeros_like(adjacency)
        for i, j in np.argwhere(adjacency > 0):
            if d[i] > 0 and d[j] > 0:
                out[i, j] = adjacency[i, j] / np.sqrt(d[i] * d[j])
        return out

    return symmetric_normalize


@variant("2.10", "symmetric_normalize")
def symmetric_by_matrices(right: Any) -> Any:
    def symmetric_normalize(adjacency: Any) -> Any:
        d = adjacency.sum(axis=1)
        half = np.diag(np.where(d > 0, 1 / np.sqrt(np.where(d > 0, d, 1)), 0))
        return half.dot(adjacency).dot(half)

    return symmetric_normalize


@variant("2.10", "symmetric_normalize")
def symmetric_by_outer(right: Any) -> Any:
    def symmetric_normalize(adjacency: Any) -> Any:
        d = adjacency.sum(axis=-1)
        scale = np.sqrt(np.outer(d, d))
        return np.divide(adjacency, scale, out=np.zeros_like(adjacency), where=scale > 0)

    return symmetric_normalize


# ---- 2.11 SpectralNormalize


class Spectral:
    """Statistics over all frames; `spectra` is the subclass's."""

    def __init__(self, frame: int = 256, hop: int = 128, eps: float = 1e-8) -> None:
        self.n, self.step, self.tiny = frame, hop, eps

    def spectra(self, x: Any) -> Any:
        raise NotImplementedError

    def fit(self, train: Any) -> Any:
        flat = np.concatenate(list(self.spectra(train)))
        self.m, s = flat.mean(axis=0), flat.std(axis=0)
        self.s = np.where(s < 1e-12, 1, s)
        return self

    def transform(self, x: Any) -> Any:
        return (self.spectra(x) - self.m) / self.s


@variant("2.11", "SpectralNormalize")
def spectral_scipy_window(right: Any) -> Any:
    class SpectralNormalize(Spectral):
        def spectra(self, x: Any) -> Any:
            w = signal.get_window("hann", self.n)
            starts = range(0, x.shape[1] - self.n + 1, self.step)
            return np.log(np.abs(np.stack([np.fft.rfft(w * x[:, s : s + self.n]) for s in starts], axis=1)) + self.tiny)

    return SpectralNormalize


@variant("2.11", "SpectralNormalize")
def spectral_longer_hanning(right: Any) -> Any:
    class SpectralNormalize(Spectral):
        def spectra(self, x: Any) -> Any:
            w = np.hanning(self.n + 1)[:-1]
            count = 1 + (x.shape[1] - self.n) // self.step
            index = np.arange(count)[:, None] * self.step + np.arange(self.n)
            return np.log(np.abs(np.fft.rfft(x[:, index] * w, axis=-1)) + self.tiny)

    return SpectralNormalize


@variant("2.11", "SpectralNormalize")
def spectral_half_of_fft(right: Any) -> Any:
    class SpectralNormalize(Spectral):
        def spectra(self, x: Any) -> Any:
            w = np.sin(np.pi * np.arange(self.n) / self.n) ** 2
            rows = []
            for wave in x:
                frames = [wave[i : i + self.n] * w for i in range(0, len(wave) - self.n + 1, self.step)]
                rows.append([np.log(np.abs(np.fft.fft(f)[: self.n // 2 + 1]) + self.tiny) for f in frames])
            return np.array(rows)

    return SpectralNormalize


# ---- 2.12 RewardNormalizer


@variant("2.12", "RewardNormalizer")
def reward_by_welford(right: Any) -> Any:
    class RewardNormalizer:
        def __init__(self, gamma: float = 0.99) -> None:
            self.g, self.R, self.n, self.mean, self.m2 = gamma, 0.0, 0, 0.0, 0.0

        def step(self, reward: float, done: bool = False) -> Any:
            self.R = self.R * self.g + reward
            self.n += 1
            delta = self.R - self.mean
            self.mean += delta / self.n
            self.m2 += delta * (self.R - self.mean)
            if done:
                self.R = 0.0
            std = (self.m2 / self.n) ** 0.5
            return reward / std if std > 1e-12 else reward

    return RewardNormalizer


@variant("2.12", "RewardNormalizer")
def reward_by_sums(right: Any) -> Any:
    """Sums about the first return, so that equal returns cancel exactly."""

    class RewardNormalizer:
        def __init__(self, gamma: float = 0.99) -> None:
            self.gamma, self.ret, self.first, self.s0, self.s1, self.s2 = gamma, 0.0, 0.0, 0, 0.0, 0.0

        def step(self, reward: float, done: bool = False) -> Any:
            self.ret = reward + self.gamma * self.ret
            self.first = self.ret if self.s0 == 0 else self.first
            off = self.ret - self.first
            self.s0, self.s1, self.s2 = self.s0 + 1, self.s1 + off, self.s2 + off**2
            var = max(self.s2 / self.s0 - (self.s1 / self.s0) ** 2, 0.0)
            self.ret *= not done
            return np.float64(reward / (np.sqrt(var) if var > 1e-24 else 1.0))

    return RewardNormalizer


@variant("2.12", "RewardNormalizer")
def reward_from_history(right: Any) -> Any:
    class RewardNormalizer:
        def __init__(self, gamma: float = 0.99) -> None:
            self.gamma, self.history = gamma, []

        def step(self, reward: float, done: bool = False) -> Any:
            self.history.append((reward, done))
            returns, r = [], 0.0
            for value, end in self.history:
                r = self.gamma * r + value
                returns.append(r)
                r = 0.0 if end else r
            s = np.array(returns).std()
            return np.asarray(reward / (1.0 if s < 1e-12 else s))

    return RewardNormalizer
