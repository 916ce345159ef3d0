-- Re-mirroring after traffic shifts: the same family as models/scale/remirror.squall, every step one rule.
-- The sizes are put in by the script that runs this.

const
  NODES: 4;
  SLOTS: 3;
  VOLUMES: 4;
  CUTS: 2;
  SHIFTS: 3;
  CRASHES: 1;

type
  node: 0 .. NODES - 1;
  node_or_none: 0 .. NODES; -- the last is none
  volume: 0 .. VOLUMES - 1;
  place: enum { mirrored, searching, copying, lost };

var
  is_cut: array [node] of boolean;
  is_down: array [node] of boolean;
  shifted: 0 .. SHIFTS;
  at: array [volume] of place;
  primary: array [volume] of node_or_none;
  mirror: array [volume] of node_or_none;
  target: array [volume] of node_or_none;
  failed: array [volume] of boolean;

function cut_count(): node_or_none;
var count: node_or_none;
begin
  count := 0;
  for n: node do if is_cut[n] then count := count + 1; end; end;
  return count;
end;

function down_count(): node_or_none;
var count: node_or_none;
begin
  count := 0;
  for n: node do if is_down[n] then count := count + 1; end; end;
  return count;
end;

function used(n: node): 0 .. 3 * VOLUMES;
var count: 0 .. 3 * VOLUMES;
begin
  count := 0;
  for v: volume do
    if primary[v] = n then count := count + 1; end;
    if mirror[v] = n then count := count + 1; end;
    if target[v] = n then count := count + 1; end;
  end;
  return count;
end;

function eligible(v: volume; n: node): boolean;
begin
  return !is_down[n] & primary[v] != n & mirror[v] != n & !is_cut[n] & !is_cut[primary[v]]
    & used(n) < SLOTS;
end;

startstate
begin
  shifted := 0;
  for n: node do
    is_cut[n] := false;
    is_down[n] := false;
  end;
  for v: volume do
    at[v] := mirrored;
    primary[v] := v % NODES;
    mirror[v] := (v + 1 + (v / NODES) % (NODES - 1)) % NODES;
    target[v] := NODES;
    failed[v] := false;
  end;
end;

ruleset n: node do
  rule "shift" shifted < SHIFTS & cut_count() < CUTS & !is_cut[n] ==> begin
    is_cut[n] := true;
    shifted := shifted + 1;
    for v: volume do
      if at[v] = mirrored & (primary[v] = n | mirror[v] = n) then at[v] := searching; end;
    end;
  end;

  rule "crash"
    !is_down[n] & down_count() < CRASHES
      & exists v: volume do primary[v] = n & at[v] = searching & failed[v] endexists
  ==> begin
    is_down[n] := true;
    for v: volume do
      if primary[v] = n & at[v] = mirrored then
        primary[v] := mirror[v];
        mirror[v] := NODES;
        at[v] := searching;
      elsif primary[v] = n then
        primary[v] := NODES;
        mirror[v] := NODES;
        target[v] := NODES;
        at[v] := lost;
        failed[v] := false;
      elsif mirror[v] = n then
        mirror[v] := NODES;
        if at[v] = mirrored then at[v] := searching; end;
      elsif target[v] = n then
        target[v] := NODES;
        at[v] := searching;
      end;
    end;
  end;
endruleset;

rule "roll back" cut_count() > 0 ==> begin
  for n: node do is_cut[n] := false; end;
end;

ruleset v: volume do
  ruleset n: node do
    rule "claim" at[v] = searching & eligible(v, n) ==> begin
      at[v] := copying;
      target[v] := n;
      failed[v] := false;
    end;
  endruleset;

  rule "fail" at[v] = searching & !exists n: node do eligible(v, n) endexists ==> begin
    failed[v] := !failed[v];
  end;

  rule "done" at[v] = copying & !is_cut[primary[v]] & !is_cut[target[v]] ==> begin
    at[v] := mirrored;
    mirror[v] := target[v];
    target[v] := NODES;
  end;
endruleset;

invariant "within" forall n: node do used(n) <= SLOTS endforall;
