# The candidate's process: defines the program, then takes calls and gives back plain values. What is
# imported here is there when a program asks for it.
import bisect, copy, datetime, fractions, functools, hashlib, heapq, math, operator, random, re, string, typing


def raised(error):
    return {"raised": [type(error).__name__, str(error)[:500]]}


def defined(text):
    """What the program is, or the answer that says why it is not."""
    space = {"__name__": "program"}
    for part, name in ((text["program"], "<program>"), (text["setup"], "<setup>")):
        try:
            exec(compile(part, name, "exec"), space)
        except SyntaxError as error:
            place = [error.lineno or 0, error.offset or 0, (error.text or "").rstrip("\n")[:200]]
            return None, {"syntax": [str(error.msg)[:500], *place]}
        except BaseException as error:
            return None, raised(error)
    return space, {"ready": True}


def called(space, call):
    """The answer to a call: its value, and its arguments where they were changed."""
    try:
        if "expression" in call:
            return {"value": plain(eval(call["expression"], space)), "changed": None}
        arguments, named = full(call["arguments"])
        if call["function"] not in space:
            raise NameError(f"name '{call['function']}' is not defined")
        value = space[call["function"]](*arguments, **named)
        # Before what was changed, since a lazy value may change it.
        value = plain(value)
        after = plain([arguments, named])
        return {"value": value, "changed": after if after != call["arguments"] else None}
    except NotPlain as error:
        return {"value": {"o": str(error)}, "changed": None}
    except BaseException as error:
        return raised(error)


def flush():
    try:
        sys.stdout.flush()
    except BaseException:
        pass


def main(text):
    space, answer = defined(json.loads(text))
    while True:
        flush()
        write_message(json.dumps(answer).encode())
        if space is None:
            return
        answer = called(space, json.loads(read_message()))
