//! Random expressions that fit their types.

use super::{Definition, ENUM, Generator, Scope, Ty, VALUES, Variable};

impl Generator<'_> {
    /// Everything that can be read, or changed, without a quantifier.
    pub(super) fn places(&self, scope: &Scope, to_change: bool) -> Vec<(String, Ty)> {
        let mut places: Vec<(String, Ty)> = Vec::new();
        let global = self.globals.iter().map(|one| (one.name.clone(), one.ty.clone()));
        places.extend(global);
        let mut instances: Vec<(String, usize)> = Vec::new();
        for (name, ty) in &scope.locals {
            match ty {
                Ty::Instance(machine) => instances.push((name.clone(), *machine)),
                Ty::Optional(inner) => {
                    if let Ty::Instance(machine) = **inner {
                        instances.push((name.clone(), machine));
                    }
                }
                _ => {}
            }
            if !to_change {
                places.push((name.clone(), ty.clone()));
            }
        }
        for (index, machine) in self.machines.iter().enumerate() {
            if machine.count.is_none() {
                instances.push((machine.name.clone(), index));
            }
        }
        for (name, machine) in instances {
            let fields = self.machines[machine].variables.iter();
            places.extend(fields.map(|one| (format!("{name}.{}", one.name), one.ty.clone())));
        }
        let own = scope.own.map_or(&[][..], |index| &self.machines[index].variables);
        let lives = |one: &&Variable| match (&one.alive, &scope.from) {
            (Some(alive), Some(from)) => from.iter().any(|state| alive.contains(state)),
            _ => true,
        };
        places.extend(own.iter().filter(lives).map(|one| (one.name.clone(), one.ty.clone())));
        places
    }

    /// Something that can be read as the given type.
    fn place_like(&mut self, wanted: &Ty, scope: &Scope, depth: usize) -> Option<String> {
        let all = self.places(scope, false);
        let fits = |ty: &Ty| match ty {
            Ty::Array(_, element) if depth > 0 => ty.is_like(wanted) || element.is_like(wanted),
            ty => ty.is_like(wanted),
        };
        let fitting: Vec<_> = all.into_iter().filter(|(_, ty)| fits(ty)).collect();
        if fitting.is_empty() {
            return None;
        }
        let (place, ty) = fitting[self.dice.below(fitting.len())].clone();
        match ty {
            Ty::Array(index, _) if !ty_is_array(wanted) => {
                let index = self.expression(&index, scope, depth - 1)?;
                Some(format!("{place}[{index}]"))
            }
            _ => Some(place),
        }
    }

    fn call(&mut self, wanted: &Ty, scope: &Scope, depth: usize) -> Option<String> {
        let mut all: Vec<(String, Vec<Ty>, Ty)> = Vec::new();
        let known = |prefix: &str, one: &Definition| {
            (format!("{prefix}{}", one.name), one.parameters.clone(), one.result.clone())
        };
        all.extend(self.definitions.iter().map(|one| known("", one)));
        if let Some(index) = scope.own {
            all.extend(self.machines[index].definitions.iter().map(|one| known("", one)));
        }
        for (name, ty) in &scope.locals {
            if let Ty::Instance(machine) = ty {
                let members = self.machines[*machine].definitions.iter();
                all.extend(members.map(|one| known(&format!("{name}."), one)));
            }
        }
        all.retain(|(_, _, result)| result.is_like(wanted));
        if all.is_empty() || scope.is_assumption {
            return None;
        }
        let (name, parameters, _) = all[self.dice.below(all.len())].clone();
        let mut arguments = Vec::new();
        for ty in &parameters {
            arguments.push(match ty {
                Ty::Range(..) => self.small_number(scope, ty),
                Ty::Optional(inner) if inner.is_number() => "none".to_owned(),
                _ => self.expression(ty, scope, depth.saturating_sub(1))?,
            });
        }
        Some(match arguments.is_empty() {
            true => name,
            false => format!("{name}({})", arguments.join(", ")),
        })
    }

    pub(super) fn expression(&mut self, ty: &Ty, scope: &Scope, depth: usize) -> Option<String> {
        let plain = match ty {
            Ty::Bool => return Some(self.truth(scope, depth)),
            ty if ty.is_number() => return Some(self.number(scope, depth)),
            Ty::Instance(machine) => return self.instance_of(*machine, scope, depth),
            Ty::Enum(_) => Some(format!("{ENUM}.{}", VALUES[self.dice.below(VALUES.len())])),
            Ty::Optional(inner) => match self.dice.chance(1, 3) {
                true => Some("none".to_owned()),
                false => self.expression(inner, scope, depth.min(1)),
            },
            Ty::Set(element) | Ty::Queue(element, _) => {
                let count = self.dice.below(3);
                let elements: Option<Vec<String>> =
                    (0..count).map(|_| self.expression(element, scope, 0)).collect();
                let elements = elements?.join(", ");
                Some(match ty {
                    Ty::Set(_) => format!("{{{elements}}}"),
                    _ => format!("[{elements}]"),
                })
            }
            _ => None,
        };
        let place = match self.dice.chance(1, 2) || plain.is_none() {
            true => self.place_like(ty, scope, depth),
            false => None,
        };
        let value = place.or(plain)?;
        if depth > 0 && matches!(ty, Ty::Enum(_)) && self.dice.chance(1, 6) {
            let other = format!("{ENUM}.{}", VALUES[self.dice.below(VALUES.len())]);
            return Some(format!("(if {} then {value} else {other})", self.truth(scope, 0)));
        }
        Some(value)
    }

    pub(super) fn instance_of(
        &mut self,
        machine: usize,
        scope: &Scope,
        depth: usize,
    ) -> Option<String> {
        let mut all = Vec::new();
        if scope.own == Some(machine) {
            all.push("self".to_owned());
        }
        if self.machines[machine].count.is_none() {
            all.push(self.machines[machine].name.clone());
        }
        if scope.is_assumption {
            let count = self.machines[machine].count.unwrap_or(1);
            let at = self.dice.below(count);
            all.push(format!("{}({at})", self.machines[machine].name));
        }
        let wanted = Ty::Instance(machine);
        all.extend(self.place_like(&wanted, scope, depth));
        if depth > 0 && self.dice.chance(1, 4) {
            all.extend(self.call(&wanted, scope, depth));
        }
        if all.is_empty() {
            return None;
        }
        let at = self.dice.below(all.len());
        Some(all.swap_remove(at))
    }

    pub(super) fn truth(&mut self, scope: &Scope, depth: usize) -> String {
        if depth == 0 {
            return self.plain_truth(scope);
        }
        let below = depth - 1;
        match self.dice.below(13) {
            0 => format!("({} and {})", self.truth(scope, below), self.truth(scope, below)),
            1 => format!("({} or {})", self.truth(scope, below), self.truth(scope, below)),
            2 => format!("({} implies {})", self.truth(scope, below), self.truth(scope, below)),
            3 => format!("(not {})", self.truth(scope, below)),
            4 | 5 => {
                let word = ["all", "some", "no"][self.dice.below(3)];
                let (head, inner) = self.binder(scope, below);
                format!("({word} {head}: {})", self.truth(&inner, below))
            }
            6 => {
                let (one, low) = (self.number(scope, below), self.dice.below(3) as i64 - 1);
                format!("({one} in {low}..{})", self.number(scope, 0))
            }
            7 => self.membership(scope).unwrap_or_else(|| self.plain_truth(scope)),
            8 => self.call(&Ty::Bool, scope, below).unwrap_or_else(|| self.plain_truth(scope)),
            9 if scope.is_figure => "resting".to_owned(),
            10 => {
                let condition = self.truth(scope, below);
                let (then, otherwise) = (self.truth(scope, below), self.truth(scope, below));
                format!("(if {condition} then {then} else {otherwise})")
            }
            _ => self.plain_truth(scope),
        }
    }

    /// `x: T where p`, and what can be named behind it.
    fn binder(&mut self, scope: &Scope, depth: usize) -> (String, Scope) {
        let (name, ty) = (self.fresh_name("q"), self.domain());
        let mut inner = scope.clone();
        inner.locals.push((name.clone(), ty.clone()));
        let filter = match self.dice.chance(1, 2) {
            true => format!(" where {}", self.truth(&inner, depth)),
            false => String::new(),
        };
        (format!("{name}: {}{filter}", self.type_text(&ty)), inner)
    }

    fn membership(&mut self, scope: &Scope) -> Option<String> {
        let places = self.places(scope, false);
        let sets: Vec<_> = places
            .into_iter()
            .filter_map(|(name, ty)| match ty {
                Ty::Set(element) => Some((name, *element)),
                _ => None,
            })
            .collect();
        if sets.is_empty() {
            return None;
        }
        let (set, element) = sets[self.dice.below(sets.len())].clone();
        Some(format!("({} in {set})", self.expression(&element, scope, 1)?))
    }

    fn plain_truth(&mut self, scope: &Scope) -> String {
        for _ in 0..4 {
            let found = match self.dice.below(7) {
                0 => self.place_like(&Ty::Bool, scope, 1),
                1 | 2 => {
                    let sign = ["<", "<=", ">", ">=", "==", "!="][self.dice.below(6)];
                    Some(format!("({} {sign} {})", self.number(scope, 0), self.number(scope, 0)))
                }
                3 => self.control_test(scope),
                4 => self.any_comparison(scope),
                5 => Some("guard_rail".to_owned()),
                _ => self.control_test(scope),
            };
            if let Some(found) = found {
                return found;
            }
        }
        ["true", "false"][self.dice.below(2)].to_owned()
    }

    fn control_test(&mut self, scope: &Scope) -> Option<String> {
        let machine = self.dice.below(self.machines.len());
        let count = self.machines[machine].states.len();
        if count == 0 {
            return None;
        }
        let instance = self.instance_of(machine, scope, 1)?;
        let some = self.some_of(count);
        let names: Vec<&str> =
            some.iter().map(|&at| self.machines[machine].states[at].as_str()).collect();
        Some(format!("({instance} is {})", names.join(" | ")))
    }

    /// Two values of one type, whatever it is.
    fn any_comparison(&mut self, scope: &Scope) -> Option<String> {
        let places = self.places(scope, false);
        if places.is_empty() {
            return None;
        }
        let (place, ty) = places[self.dice.below(places.len())].clone();
        let sign = ["==", "!="][self.dice.below(2)];
        let optional = Ty::Optional(Box::new(ty.clone()));
        let is_scalar = !matches!(ty, Ty::Set(_) | Ty::Queue(..) | Ty::Array(..) | Ty::Optional(_));
        let other = match is_scalar && self.dice.chance(1, 3) {
            true => self.place_like(&optional, scope, 0).or_else(|| Some("none".to_owned())),
            false => self.expression(&ty, scope, 1),
        };
        Some(format!("({place} {sign} {})", other?))
    }

    pub(super) fn number(&mut self, scope: &Scope, depth: usize) -> String {
        if depth == 0 {
            return self.plain_number(scope);
        }
        let below = depth - 1;
        match self.dice.below(13) {
            0 | 1 => {
                let sign = ["+", "-", "*", "/", "mod", "+"][self.dice.below(6)];
                format!("({} {sign} {})", self.number(scope, below), self.number(scope, below))
            }
            2 => format!("({} ^ {})", self.number(scope, below), self.plain_number(scope)),
            3 => format!("(-{})", self.number(scope, below)),
            4 => {
                let word = ["min", "max"][self.dice.below(2)];
                format!("{word}({}, {})", self.number(scope, below), self.number(scope, below))
            }
            5 | 6 => {
                let (head, inner) = self.binder(scope, below);
                match self.dice.chance(1, 2) {
                    true => format!("(count {head})"),
                    false => format!("(sum {head}: {})", self.number(&inner, below)),
                }
            }
            7 => self.sized(scope).unwrap_or_else(|| self.plain_number(scope)),
            8 => {
                let condition = self.truth(scope, below);
                let (then, otherwise) = (self.number(scope, below), self.number(scope, below));
                format!("(if {condition} then {then} else {otherwise})")
            }
            9 => {
                let wanted = Ty::Range(0, 9);
                self.call(&wanted, scope, below).unwrap_or_else(|| self.plain_number(scope))
            }
            _ => self.plain_number(scope),
        }
    }

    /// A number in the range of a type.
    pub(super) fn small_number(&mut self, scope: &Scope, ty: &Ty) -> String {
        let (low, high) = match ty {
            Ty::Range(low, high) | Ty::Saturating(low, high) => (*low, *high),
            _ => (0, 1),
        };
        format!("min(max({}, {low}), {high})", self.number(scope, 1))
    }

    /// A number that a set or a queue gives.
    fn sized(&mut self, scope: &Scope) -> Option<String> {
        let places = self.places(scope, false);
        let some: Vec<_> =
            places.iter().filter(|(_, ty)| matches!(ty, Ty::Set(_) | Ty::Queue(..))).collect();
        if some.is_empty() {
            return None;
        }
        Some(match some[self.dice.below(some.len())] {
            (name, Ty::Set(_)) => format!("size({name})"),
            (name, Ty::Queue(element, _)) if element.is_number() => {
                let word = ["first", "last", "length"][self.dice.below(3)];
                format!("{word}({name})")
            }
            (name, _) => format!("length({name})"),
        })
    }

    fn plain_number(&mut self, scope: &Scope) -> String {
        match self.dice.below(12) {
            0 => "extent".to_owned(),
            1..=4 => (self.dice.below(4)).to_string(),
            5 if self.dice.chance(1, 10) => "9223372036854775807".to_owned(),
            _ => {
                let place = self.place_like(&Ty::Range(0, 1), scope, 1);
                place.unwrap_or_else(|| self.dice.below(3).to_string())
            }
        }
    }
}

fn ty_is_array(ty: &Ty) -> bool {
    matches!(ty, Ty::Array(..))
}
