"""Part of another course's assignment, as its students write it: plain functions, a cache, settings in a dict."""

import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def leaky_forward(x, slope):
    return np.where(x > 0, x, slope * x), (x, slope)


def leaky_backward(dout, cache):
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(x.shape[0], -1).T @ dout, dout.sum(axis=0)


def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    n, _, height, width = x.shape
    f, _, kh, kw = w.shape
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((n, f, 1 + (height + 2 * pad - kh) // stride, 1 + (width + 2 * pad - kw) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = padded[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, conv_param)


def conv_backward(dout, cache):
    x, w, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    kh, kw = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            place = (slice(None), slice(None), slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw))
            dw += np.tensordot(dout[:, :, i, j], padded[place], axes=(0, 0))
            dpadded[place] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
    dx = dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    shape, axes = (1, -1, 1, 1), (0, 2, 3)
    momentum, eps = bn_param["momentum"], bn_param["eps"]
    train = bn_param["mode"] == "train"
    if train:
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        bn_param["running_mean"] = momentum * bn_param["running_mean"] + (1 - momentum) * mean
        bn_param["running_var"] = momentum * bn_param["running_var"] + (1 - momentum) * var
    else:
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    inverse = 1 / np.sqrt(var + eps)
    normal = (x - mean.reshape(shape)) * inverse.reshape(shape)
    return gamma.reshape(shape) * normal + beta.reshape(shape), (normal, gamma.copy(), inverse, train)


def spatial_batchnorm_backward(dout, cache):
    normal, gamma, inverse, train = cache
    shape, axes = (1, -1, 1, 1), (0, 2, 3)
    dgamma, dbeta = (dout * normal).sum(axis=axes), dout.sum(axis=axes)
    scale = (gamma * inverse).reshape(shape)
    if not train:
        return dout * scale, dgamma, dbeta
    count = dout.size / dout.shape[1]
    return scale * (dout - dbeta.reshape(shape) / count - normal * dgamma.reshape(shape) / count), dgamma, dbeta
