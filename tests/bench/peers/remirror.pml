/* Re-mirroring after traffic shifts: the same family as models/scale/remirror.squall, one process, every
   step one d_step. Sizes come from the command line: -DNODES=4 -DSLOTS=3 -DVOLUMES=5 -DCUTS=2 -DSHIFTS=4
   -DCRASHES=1; up to 5 nodes and 5 volumes. */

#define NONE NODES
#define MIRRORED 0
#define SEARCHING 1
#define COPYING 2
#define LOST 3

bit cut[NODES + 1];
bit down[NODES + 1];
byte shifted = 0;
byte primary[VOLUMES];
byte mirror[VOLUMES];
byte target[VOLUMES];
byte place[VOLUMES];
bit failed[VOLUMES];
hidden byte v;

#define USES(w, n) ((primary[w] == n) + (mirror[w] == n) + (target[w] == n))
#define FAILS(w, n) (primary[w] == n && place[w] == SEARCHING && failed[w])

#if VOLUMES == 2
#define ALL(f, op, n) (f(0, n) op f(1, n))
#elif VOLUMES == 3
#define ALL(f, op, n) (f(0, n) op f(1, n) op f(2, n))
#elif VOLUMES == 4
#define ALL(f, op, n) (f(0, n) op f(1, n) op f(2, n) op f(3, n))
#else
#define ALL(f, op, n) (f(0, n) op f(1, n) op f(2, n) op f(3, n) op f(4, n))
#endif

#if NODES == 3
#define SOME(f, w) (f(w, 0) || f(w, 1) || f(w, 2))
#define CUT_COUNT (cut[0] + cut[1] + cut[2])
#define DOWN_COUNT (down[0] + down[1] + down[2])
#elif NODES == 4
#define SOME(f, w) (f(w, 0) || f(w, 1) || f(w, 2) || f(w, 3))
#define CUT_COUNT (cut[0] + cut[1] + cut[2] + cut[3])
#define DOWN_COUNT (down[0] + down[1] + down[2] + down[3])
#else
#define SOME(f, w) (f(w, 0) || f(w, 1) || f(w, 2) || f(w, 3) || f(w, 4))
#define CUT_COUNT (cut[0] + cut[1] + cut[2] + cut[3] + cut[4])
#define DOWN_COUNT (down[0] + down[1] + down[2] + down[3] + down[4])
#endif

#define USED(n) ALL(USES, +, n)
#define ELIGIBLE(w, n) (!down[n] && primary[w] != n && mirror[w] != n && !cut[n] && !cut[primary[w]] && USED(n) < SLOTS)
#define TOO_FULL(w, n) (USED(n) > SLOTS)

#define SHIFT(n) \
  :: d_step { shifted < SHIFTS && CUT_COUNT < CUTS && !cut[n] -> \
       cut[n] = 1; shifted++; \
       for (v : 0 .. VOLUMES - 1) { \
         if \
         :: place[v] == MIRRORED && (primary[v] == n || mirror[v] == n) -> place[v] = SEARCHING \
         :: else \
         fi \
       }; v = 0 }

#define CRASH(n) \
  :: d_step { !down[n] && DOWN_COUNT < CRASHES && ALL(FAILS, ||, n) -> \
       down[n] = 1; \
       for (v : 0 .. VOLUMES - 1) { \
         if \
         :: primary[v] == n && place[v] == MIRRORED -> primary[v] = mirror[v]; mirror[v] = NONE; place[v] = SEARCHING \
         :: primary[v] == n && place[v] != MIRRORED -> primary[v] = NONE; mirror[v] = NONE; target[v] = NONE; place[v] = LOST; failed[v] = 0 \
         :: primary[v] != n && mirror[v] == n -> mirror[v] = NONE; if :: place[v] == MIRRORED -> place[v] = SEARCHING :: else fi \
         :: primary[v] != n && mirror[v] != n && target[v] == n -> target[v] = NONE; place[v] = SEARCHING \
         :: else \
         fi \
       }; v = 0 }

#define CLAIM(w, n) :: d_step { place[w] == SEARCHING && ELIGIBLE(w, n) -> target[w] = n; place[w] = COPYING; failed[w] = 0 }
#if NODES == 3
#define CLAIMS(w) CLAIM(w, 0) CLAIM(w, 1) CLAIM(w, 2)
#elif NODES == 4
#define CLAIMS(w) CLAIM(w, 0) CLAIM(w, 1) CLAIM(w, 2) CLAIM(w, 3)
#else
#define CLAIMS(w) CLAIM(w, 0) CLAIM(w, 1) CLAIM(w, 2) CLAIM(w, 3) CLAIM(w, 4)
#endif
#define VOLUME(w) \
  CLAIMS(w) \
  :: d_step { place[w] == SEARCHING && !SOME(ELIGIBLE, w) -> failed[w] = 1 - failed[w] } \
  :: d_step { place[w] == COPYING && !cut[primary[w]] && !cut[target[w]] -> mirror[w] = target[w]; target[w] = NONE; place[w] = MIRRORED }

active proctype world() {
  d_step {
    for (v : 0 .. VOLUMES - 1) {
      primary[v] = v % NODES;
      mirror[v] = (v + 1 + (v / NODES) % (NODES - 1)) % NODES;
      target[v] = NONE
    };
    v = 0
  };
  do
  SHIFT(0) SHIFT(1) SHIFT(2)
#if NODES > 3
  SHIFT(3)
#endif
#if NODES > 4
  SHIFT(4)
#endif
  :: d_step { CUT_COUNT > 0 -> for (v : 0 .. NODES - 1) { cut[v] = 0 }; v = 0 }
  CRASH(0) CRASH(1) CRASH(2)
#if NODES > 3
  CRASH(3)
#endif
#if NODES > 4
  CRASH(4)
#endif
  VOLUME(0) VOLUME(1)
#if VOLUMES > 2
  VOLUME(2)
#endif
#if VOLUMES > 3
  VOLUME(3)
#endif
#if VOLUMES > 4
  VOLUME(4)
#endif
  :: d_step { SOME(TOO_FULL, 0) -> assert(false) }
  od
}
