//! `squall explore`: the Explorer of stateright on a compiled model.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use stateright::Model as _;

use super::args::{Explore, Explorer};
use super::exit::Exit;
use super::load::{self, Opened};
use super::{output, tell_diagnostics};
use crate::compile::compile;
use crate::model::{Claim, Property};
use crate::pipeline::Prepared;
use crate::report::tell::Teller;
use crate::report::words::{Naming, breach};
use crate::system::stateright::{AsModel, Asked, Question, Telling};
use crate::system::{Restricted, System};

/// Opens the Explorer; returns only if that cannot be done.
pub fn explore(arguments: &Explore) -> anyhow::Result<Exit> {
    let Explorer::Stateright = arguments.engine;
    let Opened { sources, outcome } =
        load::open(&arguments.model.path, &arguments.model.settings())?;
    let prepared = match outcome {
        Ok(prepared) => Arc::new(prepared),
        Err(diagnostics) => {
            tell_diagnostics(&sources, &diagnostics);
            return Ok(Exit::Wrong);
        }
    };
    tell_diagnostics(&sources, &prepared.warnings);
    refuse_other_pages()?;
    let system = compile(&prepared.model);
    if arguments.operators {
        serve(&prepared, system, arguments)
    } else {
        serve(&prepared, Restricted::new(system), arguments)
    }
}

fn serve<S: System + Send + 'static>(
    prepared: &Arc<Prepared>,
    system: S,
    arguments: &Explore,
) -> anyhow::Result<Exit> {
    let questions = questions::<S>(prepared, arguments.operators);
    let model = AsModel::new(system, questions)
        .map_err(|broken| anyhow!("an assumption breaches: {}", breach(broken)))?;
    if model.start_count() == 0 {
        bail!("the assumptions leave no initial state: there is nothing to explore");
    }
    let address = free_address(&arguments.address)?;
    output::result(&format!(
        "stateright's Explorer shows `{}` on http://{address}/\nCtrl-C ends it\n",
        prepared.model.name
    ))?;
    // It serves until the program ends.
    let _ = model.told(telling(prepared)).checker().serve(address);
    Ok(Exit::Fine)
}

/// The address as numbers, if nobody listens there: stateright itself would panic.
fn free_address(address: &str) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on `{address}`; `--address` chooses another"))?;
    listener.local_addr().context("cannot tell the address")
}

/// stateright shows files from a folder `ui`, if there is one, in place of its own pages.
fn refuse_other_pages() -> anyhow::Result<()> {
    let pages = ["index.htm", "app.css", "app.js", "knockout-3.5.0.js"];
    match pages.map(|name| Path::new("ui").join(name)).into_iter().find(|page| page.exists()) {
        Some(page) => bail!(
            "stateright would show `{}` in place of its own page: run this in another folder",
            page.display()
        ),
        None => Ok(()),
    }
}

/// The claims about single states, under the names of their properties.
fn questions<S: System>(prepared: &Prepared, with_operators: bool) -> Vec<Question> {
    let asked = |property: &Property| match property.claim {
        Claim::Always(p) => Some(Asked::Always(p)),
        Claim::Never(p) => Some(Asked::Never(p)),
        Claim::Possible(p) => Some(Asked::Sometimes(p)),
        Claim::Peak(figure, bound) => Some(Asked::AtMost(figure, bound)),
        _ => None,
    };
    let properties = prepared.model.properties.iter();
    let visible = properties.filter(|one| one.with_operators == with_operators);
    let questions = visible.filter_map(|one| {
        let name = format!("{}: {}", one.name, one.text);
        Some(Question { name, asked: asked(one)? })
    });
    questions.take(AsModel::<S>::QUESTIONS_MAX).collect()
}

/// Shows states and steps as our own traces do.
fn telling(prepared: &Arc<Prepared>) -> Telling {
    let [of_state, of_action, of_step] = [(); 3].map(|()| Arc::clone(prepared));
    Telling {
        state: Box::new(move |words| {
            let values = of_state.compiled.legend().values(words);
            let shown = Teller::of(&of_state.model).values(&values);
            shown.into_iter().map(|(name, value)| format!("{name} = {value}")).collect()
        }),
        action: Box::new(move |&action| vec![Naming::of(&of_action.model).action(action)]),
        step: Box::new(move |before, after| {
            let values = [before, after].map(|words| of_step.compiled.legend().values(words));
            let changes = Teller::of(&of_step.model).changes(&values[0], &values[1]);
            let shown = changes.into_iter();
            shown.map(|one| format!("{}: {} → {}", one.name, one.before, one.after)).collect()
        }),
        breach: Box::new(|&broken| vec![breach(broken).to_owned()]),
    }
}
