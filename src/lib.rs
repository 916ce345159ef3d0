//! squall checks designs of storage, routing and control planes for cascading failures: can one bad
//! step start a storm that never ends?
//!
//! # The house
//!
//! ```text
//! text --syntax--> tree --model--> typed model --compile--> system --explore--> graph --verdict--> answers --report--> terminal
//!                             |                                                    ^
//!                             +---- interpret: the slow, obvious meaning; replays every trace before anyone sees it
//! ```
//!
//! The pipeline is two functions on one screen, [`pipeline::prepare`] and [`pipeline::run`]; every front
//! door calls them. The modules below stand in reading order.
//!
//! | layer | module | may import |
//! |---|---|---|
//! | 0 | [`base`] | – |
//! | 1 | [`syntax`] · [`system`] | `base` |
//! | 2 | [`model`] · [`explore`] | `base`, `syntax`, `system` · `base`, `system` |
//! | 3 | [`compile`] | `base`, `model`, `system` |
//! | 4 | [`trace`] · [`certificate`] | the above · `base`, `model`, `system` |
//! | 5 | [`verdict`] · [`audit`] | the above · `base`, `syntax`, `model`, `system`, `trace`, `certificate` |
//! | 6 | [`pipeline`] | everything above, nothing below this line |
//! | 7 | [`mitigate`] | layers 0 to 6 |
//! | 8 | [`report`] | layers 0 to 7 |
//! | 9 | [`cli`] · [`bridge`] | anything, but not each other |
//!
//! Whoever does not trust the engine asks for a certificate and has it audited: [`audit`] shares nothing
//! with what explores and judges but the reference meaning.
//!
//! A model need not be a text: [`bridge`] takes one that was written in Rust for the crate `stateright`
//! and tells whether it can storm.
//!
//! Invariants, as absences:
//!
//! 1. `explore` does not know that a language exists; `syntax` and `model` do not know of packed states or
//!    of search. (`model` takes from `system` what both sides must agree on: the ids of actions and
//!    figures, and what a breach is.)
//! 2. Below `cli` nobody reads files, clock, environment or terminal. A time limit is the
//!    [`Observer`](explore::Observer) asking to stop.
//! 3. Nothing below `report` derives a serializer.
//! 4. Nothing iterates over a hash map.
//! 5. An [`Exploration`](explore::Exploration) does not show how many workers made it.
//! 6. A verdict `holds` over all behaviour carries [`Exhausted`](explore::Exhausted), which only `explore`
//!    can make; whatever a report shows is [`Replayed`](trace::replay::Replayed), which only
//!    [`replay`](trace::replay::replay) can make.
//!
//! # Names
//!
//! | word | is |
//! |---|---|
//! | model | the typed form of a source |
//! | system | the compiled model |
//! | machine, action, fault | what a model declares: a state machine with instances; what it does; what its environment may do to it |
//! | state, step | a valuation; one move between two, by one action instance or a tick |
//! | calm, healthy | the trigger is over; the system is well |
//! | meter, mitigation | what a claim counts; a named design change |
//! | property, predicate, figure | what is asked; a yes or no about one state; a number or a predicate |
//! | obligation | something that fairness does not allow to be put off for ever |
//! | breach | the model breaking its own rules |
//! | trace, lasso, witness | a behaviour; one that repeats; one that shows a worst value |
//! | storm, trap | a fair loop that counts a meter while calm; one from which nothing healthy can be reached |
//! | prospect, region | whether recovery is sure, possible with luck, or out of reach; the calm states of one prospect |
//! | intervention, rank | an operator step; how many of them guarantee recovery |
//! | configuration, set | one choice of mitigations and parameters; some mitigations, applied together |
//! | setback | a mitigation that breaks a claim which held without it |
//! | certificate, audit | what is needed to believe a `holds`; checking it without exploring |
//! | limit, bound | where we stopped; how bad the model gets |
//! | diagnostic, report | about the text; about the behaviour |

pub mod base;

pub mod syntax;

pub mod model;

pub mod system;

pub mod compile;

pub mod explore;

pub mod trace;

pub mod certificate;

pub mod verdict;

pub mod audit;

pub mod pipeline;

pub mod mitigate;

pub mod report;

pub mod bridge;

pub mod cli;
