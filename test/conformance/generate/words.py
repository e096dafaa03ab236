"""Traces written by hand, in words:

S@1.5 F@2 I@3 W@4   a call that is admitted and succeeds, fails, is ignored, is withdrawn
R@4                 a call that is rejected; r=2.5 after it: told to come back in so many seconds
a+@5 a=S@6          call `a` begins (admitted), and ends so
@7                  nothing but a look
closed open half-open n=3   the state and the failures counted after the step before it
"""

import re

HOW = {"S": "success", "F": "failure", "I": "ignored", "W": "withdrawn"}
STATES = ("closed", "open", "half-open")


def steps(script):
    out = []
    for word in script.split():
        if word in STATES:
            out[-1]["after"] = word
        elif word.startswith("n="):
            out[-1]["failures"] = int(word[2:])
        elif word.startswith("r="):
            out[-1]["retry_after"] = float(word[2:])
        elif found := re.fullmatch(r"([SFIWR])@([\d.]+)", word):
            rejected = found[1] == "R"
            out.append({"at": float(found[2]), "call": HOW.get(found[1], "success"), "admitted": not rejected})
        elif found := re.fullmatch(r"(\w+)\+@([\d.]+)", word):
            out.append({"at": float(found[2]), "begin": found[1], "admitted": True})
        elif found := re.fullmatch(r"(\w+)=([SFIW])@([\d.]+)", word):
            out.append({"at": float(found[3]), "end": found[1], "as": HOW[found[2]]})
        elif found := re.fullmatch(r"@([\d.]+)", word):
            out.append({"at": float(found[1])})
        else:
            raise ValueError(f"{word!r} in {script!r}")
    return out


def trace(source, name, options, script, **more):
    return {"name": name, "source": source, "options": options, **more, "steps": steps(script)}
