"""Automatic mutants that are no mistakes: key (of file, name and changed lines) → why no value can tell it from the reference.

The audit names the key of each survivor. Before one is entered here: is it not a hole in the question?
"""

EQUIVALENT = {
    "e1f4a9b72e3b0195": "SELU with x >= 0: at exactly 0 both branches are 0",
    "d77869a2c0a0851e": "ELU with x >= 0: at exactly 0 both branches are 0",
    "5a23c2ffc2275ecd": "min(x, 1) for min(x, 0): it is larger only where x > 0, and there its value is not taken",
    "227a70bc72222484": "svd(full_matrices=True) only adds rows beyond those that rows[:components] takes",
    "b38d27f1b4b3a9a8": "the other sign throughout: −Q of a Haar-distributed Q is Haar-distributed too",
    "bb6f666f8f1f165e": "slope <= 0 for slope == 0: none of the activations asked has a negative slope",
    "25d22a78fd552ab1": "strict=False: the two lists are made equally long a few lines above",
    "7b2eef498733d6bc": "<= 0.01 for < 0.01: no slope is exactly the double 0.01, which no activation asked gives",
    "1fc64b9648bec08a": "einsum(optimize=False) is another order of the same sums",
    "461371ec1c4258bd": "einsum(optimize=False) is another order of the same sums",
    "f6c758a5646fcd31": "stride <= 1 for stride == 1: a stride is at least 1",
    "33ef6ea36a8fe29a": "stride > 1 for stride != 1: a stride is at least 1",
    "8a6a1d99ab4903f8": "stride > 1 for stride != 1 in PreActBlock: a stride is at least 1",
    "df6592fb334e15fd": "stride > 1 for stride != 1 in ResNeXtBlock: a stride is at least 1",
    "2f14a7b37fddb362": "stride > 1 for stride != 1 in Bottleneck: a stride is at least 1",
    "4253c159cb1b8804": 'option >= "B" for option == "B": an option is "A" or "B"',
    "313a7fadda98f93e": "!= for <: the index of the last block is the largest",
    "dbb9b67dafad8285": "!= for <: there is one transition less than there are blocks",
    "1e959514c8fc6875": "stage[not 1] is stage[0]: all blocks of a stage are of one type",
    "d2fb44525777d569": "strict=False: images and labels are split alike, so that there are as many batches of both",
    "b2019b55b7dd5c8a": "weight[-1] for weight[0] in training.py: every filter of a layer has as many weights",
    "29588c034d096a5b": "dim=-1 for dim=0: the logits of one choice have one dimension, the first and the last",
    "a72df0a5fb8e5878": "weight[-1] for weight[0] in complexity.py: every filter of a layer has as many weights",
}
