# The tests' process: runs them against the program behind a proxy, and compares here.
import ast, builtins

import copy, math, operator, random, re, string, typing

SHOWN, SITES_MAX = 300, 1000


class Raised(Exception):
    """What the program raised, where it is none of the builtin exceptions."""


class Gone(BaseException):
    """The program has ended."""


class Judge(BaseException):
    """The tests cannot be judged so."""


class Opaque:
    """A value that is not plain: equal to nothing, and nothing can be done with it."""

    def __init__(self, what):
        self.what = what

    def __repr__(self):
        return f"<{self.what}>"

    def refuse(self, *_):
        raise TypeError(f"the program gave {self.what}, which is not plain")

    __eq__ = lambda self, other: False
    __ne__ = __bool__ = __len__ = __iter__ = __lt__ = __gt__ = __le__ = __ge__ = refuse
    __hash__ = None


def told(value):
    if type(value) is dict and list(value) == ["o"] and type(value["o"]) is str:
        return Opaque(value["o"][:SHOWN])
    return full(value)


def asked(question):
    write_message(b"c" + json.dumps(question).encode())
    answer = read_message()
    if answer[:1] == b"g":
        raise Gone
    try:
        answer = read(answer[1:])
        if "raised" in answer:
            name, text = map(str, answer["raised"])
        else:
            return told(answer["value"]), full(answer["changed"])
    except Exception:
        return Opaque("something that is no value"), None
    known = getattr(builtins, name, None)
    if isinstance(known, type) and issubclass(known, Exception):
        try:
            error = known(text)
        except Exception:
            error = Raised(f"{name}: {text}")
        raise error
    raise Raised(f"{name}: {text}")


def changed(mine, its):
    """Does to an argument what the program did to its copy."""
    if type(mine) is not type(its):
        return
    if type(mine) in (list, bytearray):
        mine[:] = its
    elif type(mine) in (dict, set):
        mine.clear()
        mine.update(its)


def proxy(name):
    def function(*arguments, **named):
        try:
            sent = plain([list(arguments), named])
        except NotPlain as error:
            raise Judge(f"an argument is {error}") from None
        value, after = asked({"function": name, "arguments": sent})
        if type(after) is list and len(after) == 2:
            for mine, its in zip(arguments, after[0]):
                changed(mine, its)
            for key, mine in named.items():
                changed(mine, after[1].get(key))
        return value

    function.__name__ = name
    return function


class Results:
    """Of each assertion what became of it: the first time that it did not hold, if there was one."""

    def __init__(self):
        self.sites = {}

    def shown(self, value):
        try:
            return repr(value)[:SHOWN]
        except Exception:
            return "<no text>"

    def keep(self, site, outcome, *texts):
        if self.sites.get(site, ("passed",))[0] in ("passed", "begun"):
            self.sites[site] = (outcome, *texts)

    def check(self, site, sides, holds):
        self.keep(site, "begun")
        try:
            sides = sides()
            if holds(*sides):
                self.keep(site, "passed")
            elif len(sides) == 2:
                self.keep(site, "failed", *map(self.shown, sides))
            else:
                self.keep(site, "failed", self.shown(sides[0]), "something true")
        except Exception as error:
            self.keep(site, "raised", f"{type(error).__name__}: {str(error)[:SHOWN]}")


class Parted(ast.NodeTransformer):
    """Makes of each assertion a check of its own, whose failing does not keep the next from being made."""

    def __init__(self, text, expressions):
        self.text, self.expressions, self.sites = text, expressions, []

    def visit_Assert(self, node):
        source = ast.get_source_segment(self.text, node) or ""
        if len(self.sites) >= SITES_MAX:
            raise Judge(f"more than {SITES_MAX} assertions")
        self.sites.append(source[:SHOWN])
        test, names = node.test, ["left", "right"]
        compared = isinstance(test, ast.Compare) and len(test.ops) == 1
        sides = [test.left, test.comparators[0]] if compared else [test]
        if self.expressions:
            evaluated = ast.Name("__expression__", ast.Load())
            sides[0] = ast.Call(evaluated, [ast.Constant(ast.unparse(sides[0]))], [])
        names = names[: len(sides)]
        loads = [ast.Name(name, ast.Load()) for name in names]
        holds = ast.Compare(loads[0], test.ops, [loads[1]]) if compared else loads[0]
        made = lambda names, body: ast.Lambda(
            ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, []), body
        )
        site = ast.Constant(len(self.sites) - 1)
        values = [site, made([], ast.Tuple(sides, ast.Load())), made(names, holds)]
        call = ast.Call(ast.Name("__check__", ast.Load()), values, [])
        return ast.copy_location(ast.Expr(call), node)


def judged(text):
    results = Results()
    random.seed(0)
    parted = Parted(text["tests"], text["expressions"])
    tree = ast.fix_missing_locations(parted.visit(ast.parse(text["tests"])))
    space = {"__name__": "tests", "__check__": results.check}
    space["__expression__"] = lambda source: asked({"expression": source})[0]
    end = "whole"
    try:
        exec(compile(text["before"], "<prompt>", "exec"), space)
        space.update({name: proxy(name) for name in text["functions"]})
        exec(compile(tree, "<tests>", "exec"), space)
        if text["check"]:
            space["check"](space[text["functions"][0]])
    except Gone:
        end = "gone"
    except Exception as error:
        end = f"{type(error).__name__}: {str(error)[:SHOWN]}"
    became = [results.sites.get(at, ("missed",)) for at in range(len(parted.sites))]
    sites = zip(parted.sites, became)
    sites = [{"test": test, "outcome": outcome, "texts": texts} for test, (outcome, *texts) in sites]
    return {"end": end, "sites": sites}


def main(text):
    try:
        verdict = judged(json.loads(text))
    except BaseException as error:
        verdict = {"judge": f"{type(error).__name__}: {error}"[:SHOWN]}
    write_message(b"v" + json.dumps(verdict).encode())
