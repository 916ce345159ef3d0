/* Peterson's filter lock: the same family as models/scale/peterson.squall, a process each, every step one
   d_step. The number of processes comes from the command line: -DPROCESSES=5, or 6. */

byte level[PROCESSES];
byte last[PROCESSES];
byte inside = 0;

#define BEHIND(k) (_pid == k || level[k] < level[_pid])
#if PROCESSES == 3
#define ALL_BEHIND (BEHIND(0) && BEHIND(1) && BEHIND(2))
#elif PROCESSES == 4
#define ALL_BEHIND (BEHIND(0) && BEHIND(1) && BEHIND(2) && BEHIND(3))
#elif PROCESSES == 5
#define ALL_BEHIND (BEHIND(0) && BEHIND(1) && BEHIND(2) && BEHIND(3) && BEHIND(4))
#else
#define ALL_BEHIND (BEHIND(0) && BEHIND(1) && BEHIND(2) && BEHIND(3) && BEHIND(4) && BEHIND(5))
#endif
#define PASSES (last[level[_pid]] != _pid || ALL_BEHIND)

active [PROCESSES] proctype process() {
outside:
  if
  :: d_step { true -> level[_pid] = 1 }
  fi;
entering:
  if
  :: d_step { true -> last[level[_pid]] = _pid }
  fi;
waiting:
  if
  :: d_step { level[_pid] < PROCESSES - 1 && PASSES -> level[_pid]++ }; goto entering
  :: d_step { level[_pid] == PROCESSES - 1 && PASSES -> inside++; assert(inside <= 1) }
  fi;
  d_step { level[_pid] = 0; inside-- };
  goto outside
}
