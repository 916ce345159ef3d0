//! Properties by their names.

use anyhow::anyhow;
use itertools::Itertools;

use crate::model::{Model, PropertyId, nearest};

/// The properties with these names, or all if none is named.
pub fn chosen(model: &Model, names: &[String]) -> anyhow::Result<Vec<PropertyId>> {
    if names.is_empty() {
        return Ok(model.properties.ids().collect());
    }
    let found: Vec<PropertyId> =
        names.iter().map(|name| named(model, name)).collect::<anyhow::Result<_>>()?;
    Ok(found.into_iter().sorted().dedup().collect())
}

/// The property with this name.
pub fn named(model: &Model, name: &str) -> anyhow::Result<PropertyId> {
    let known = || model.properties.iter().map(|property| property.name.as_str());
    let found = model.properties.iter_with_ids().find(|(_, property)| property.name == name);
    found.map(|(id, _)| id).ok_or_else(|| {
        let help = match nearest(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known().next().is_none() => "it has none".to_owned(),
            None => format!("its properties are {}", known().join(", ")),
        };
        anyhow!("the model has no property `{name}`: {help}")
    })
}
