//! Figures over one state, claims over all behaviour, and what a file itself promises.

use super::action::Local;
use super::expression::Expression;
use super::value::Value;
use super::{FigureId, MitigationId, ModelMeterId, ParameterId, PropertyId};
use crate::base::Span;

/// An expression over one state, with what is local to it: a predicate or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it yields.
    pub expression: Expression,
    /// Everything that is local to it.
    pub locals: Vec<Local>,
}

/// `property NAME: claim [with operators]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// What is said about it.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// The claim as written, on one line.
    pub text: String,
    /// What must hold.
    pub claim: Claim,
    /// What must be true somewhere for the claim to say anything: of `always (p implies q)`, p.
    pub premise: Option<FigureId>,
    /// Whether operator steps are in what is reachable.
    pub with_operators: bool,
}

/// What a property claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `always p`.
    Always(FigureId),
    /// `never p`.
    Never(FigureId),
    /// `possible p`.
    Possible(FigureId),
    /// `always possible p`.
    AlwaysPossible(FigureId),
    /// Any other temporal formula.
    Temporal(Formula),
    /// `recovers [within n ticks]`.
    Recovers(Option<i64>),
    /// `finite m [when p]`; the predicate is `calm` if none is written.
    Finite(Meter, FigureId),
    /// `total m [within n ticks] <= k [when p]`.
    Total {
        /// The meter.
        meter: Meter,
        /// The window in ticks.
        within: Option<i64>,
        /// The bound.
        bound: i64,
        /// `calm` if none is written.
        when: FigureId,
    },
    /// `rate m <= r [when p]`.
    Rate {
        /// The meter.
        meter: Meter,
        /// The numerator of the bound, which is in lowest terms.
        numerator: i64,
        /// The denominator of the bound, positive.
        denominator: i64,
        /// `calm` if none is written.
        when: FigureId,
    },
    /// `peak e <= k`.
    Peak(FigureId, i64),
}

impl Claim {
    /// Every figure that it reads itself; what `calm` and `healthy` mean apart.
    pub fn figures(&self) -> Vec<FigureId> {
        match self {
            Claim::Always(figure)
            | Claim::Never(figure)
            | Claim::Possible(figure)
            | Claim::AlwaysPossible(figure)
            | Claim::Peak(figure, _)
            | Claim::Finite(_, figure)
            | Claim::Total { when: figure, .. }
            | Claim::Rate { when: figure, .. } => vec![*figure],
            Claim::Temporal(formula) => formula.figures(),
            Claim::Recovers(_) => Vec::new(),
        }
    }
}

/// What a claim counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// `tick`.
    Tick,
    /// A declared meter.
    Declared(ModelMeterId),
}

/// A temporal formula over figures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names are the language's words.
pub enum Formula {
    Holds(FigureId),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
    Implies(Box<Formula>, Box<Formula>),
    Always(Box<Formula>),
    Eventually(Box<Formula>),
    Next(Box<Formula>),
    Until(Box<Formula>, Box<Formula>),
    LeadsTo(Box<Formula>, Box<Formula>),
}

impl Formula {
    /// Every figure that it reads, from left to right.
    pub fn figures(&self) -> Vec<FigureId> {
        match self {
            Formula::Holds(figure) => vec![*figure],
            Formula::Not(inner)
            | Formula::Always(inner)
            | Formula::Eventually(inner)
            | Formula::Next(inner) => inner.figures(),
            Formula::And(left, right)
            | Formula::Or(left, right)
            | Formula::Implies(left, right)
            | Formula::Until(left, right)
            | Formula::LeadsTo(left, right) => [left.figures(), right.figures()].concat(),
        }
    }
}

/// `expect NAME … [with m, …] [where p = e, …]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Where it stands.
    pub span: Span,
    /// The line as written, without comments.
    pub text: String,
    /// The property it is about.
    pub property: PropertyId,
    /// What is promised.
    pub outcome: Outcome,
    /// The mitigations to apply, ascending.
    pub mitigations: Vec<MitigationId>,
    /// The parameters to set, ascending.
    pub settings: Vec<(ParameterId, Value)>,
}

/// What an `expect` promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Their names are the language's words.
pub enum Outcome {
    Holds,
    Fails,
    Unknown,
    /// The worst value, in lowest terms; the denominator is positive.
    Worst {
        numerator: i64,
        denominator: i64,
    },
}

/// `watch NAME = value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its name.
    pub name: String,
    /// The figure; of any scalar type.
    pub figure: FigureId,
}
