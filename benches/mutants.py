"""Mechanical mutants of a data set's references, as samples that `rebound programs judge` reads.

    python3 benches/mutants.py DATA/code/HumanEval.jsonl.gz DATA/code/mbpp.jsonl --count 1000 > mutants.jsonl

A mutant differs in one place: an operator, a comparison, a constant, a text, a condition, a call's
argument order, or a statement that is left out. Of each file the same number is drawn, by seed. MBPP's
problems 1 to 10 are prompts, and have none.
"""

import argparse
import ast
import copy
import gzip
import json
import random

OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
             ast.Div: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
             ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
               ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In}


def changes(node):
    """What a node can be instead, each with its kind."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield "operator", lambda it: setattr(it, "op", OPERATORS[type(it.op)]())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield "comparison", lambda it: it.ops.__setitem__(0, COMPARISONS[type(it.ops[0])]())
    if isinstance(node, ast.BoolOp):
        yield "and, or", lambda it: setattr(it, "op", ast.Or() if isinstance(it.op, ast.And) else ast.And())
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "constant", lambda it: setattr(it, "value", not it.value)
        elif isinstance(node.value, (int, float)):
            yield "constant", lambda it: setattr(it, "value", it.value + 1)
            yield "constant", lambda it: setattr(it, "value", it.value - 1)
        elif isinstance(node.value, str) and node.value:
            yield "text", lambda it: setattr(it, "value", it.value[:-1])
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "condition", lambda it: setattr(it, "test", ast.UnaryOp(ast.Not(), it.test))
    if isinstance(node, ast.Call) and len(node.args) > 1 and not any(isinstance(one, ast.Starred) for one in node.args):
        yield "arguments", lambda it: it.args.reverse()
    if isinstance(node, (ast.FunctionDef, ast.For, ast.While, ast.If)) and len(node.body) > 1:
        for at, one in enumerate(node.body):
            if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)) and not isinstance(one, ast.Return):
                yield "left out", lambda it, at=at: it.body.pop(at)


def mutants(program):
    tree = ast.parse(program)
    # A text that stands alone is a comment.
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Constant) and id(node) in alone:
            continue
        for kind, change in changes(node):
            other = copy.deepcopy(tree)
            change(list(ast.walk(other))[place])
            text = ast.unparse(ast.fix_missing_locations(other))
            if text != ast.unparse(tree):
                yield kind, text


def references(path):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path, encoding="utf-8")
    for row in map(json.loads, opened):
        if "canonical_solution" in row:
            yield row["task_id"], row["prompt"] + row["canonical_solution"]
        elif row["task_id"] > 10:
            yield f"mbpp/{row['task_id']}", row["code"].replace("\r", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--count", type=int, default=1000, help="mutants of each file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for path in asked.files:
        found = [(task, kind, text) for task, program in references(path) for kind, text in mutants(program)]
        drawn = random.Random(asked.seed).sample(found, min(asked.count, len(found)))
        for task, kind, text in drawn:
            print(json.dumps({"task_id": task, "solution": text, "arm": kind}))


if __name__ == "__main__":
    main()
