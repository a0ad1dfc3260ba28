"""Part 1 in another course's style: two lines."""

from . import functions as f
from .adapter import elementwise

ReLU = elementwise(f.relu_forward, f.relu_backward)
LeakyReLU = elementwise(f.leaky_forward, f.leaky_backward, "slope=0.01")
