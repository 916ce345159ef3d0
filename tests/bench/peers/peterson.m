-- Peterson's filter lock: the same family as models/scale/peterson.squall, every step one rule. The number
-- of processes is put in by the script that runs this.

const
  PROCESSES: 5;

type
  process: 0 .. PROCESSES - 1;
  level: 0 .. PROCESSES - 1;
  place: enum { outside, entering, waiting, inside };

var
  at: array [process] of place;
  passed: array [process] of level;
  last: array [level] of process;

function passes(p: process): boolean;
begin
  return last[passed[p]] != p
    | forall q: process do q = p | passed[q] < passed[p] endforall;
end;

startstate
begin
  for p: process do
    at[p] := outside;
    passed[p] := 0;
  end;
  for l: level do
    last[l] := 0;
  end;
end;

ruleset p: process do
  rule "try" at[p] = outside ==> begin
    at[p] := entering;
    passed[p] := 1;
  end;

  rule "yield" at[p] = entering ==> begin
    at[p] := waiting;
    last[passed[p]] := p;
  end;

  rule "enter" at[p] = waiting & passed[p] = PROCESSES - 1 & passes(p) ==> begin
    at[p] := inside;
  end;

  rule "climb" at[p] = waiting & passed[p] < PROCESSES - 1 & passes(p) ==> begin
    at[p] := entering;
    passed[p] := passed[p] + 1;
  end;

  rule "leave" at[p] = inside ==> begin
    at[p] := outside;
    passed[p] := 0;
  end;
endruleset;

invariant "exclusion"
  forall p: process do
    forall q: process do
      p = q | at[p] != inside | at[q] != inside
    endforall
  endforall;
