//! What computers are to have: the repository's wishes, within what the operator allows. The one
//! place where both come together.

use computer::egress::{self, Sink, Written};
use computer::{Layer, Secret, Spec};
use domain::Limits;
use domain::network::Policy;
use environment::Environment;

use crate::{Engine, Error};

/// For an agent's work, and for the checks that prove it.
pub fn of_work(engine: &Engine, environment: &Environment, limits: Limits) -> Result<Spec, Error> {
    engine.config.allow(environment)?;
    Ok(Spec {
        limits,
        network: environment.agent.network.clone(),
        egress: engine.config.egress(&engine.home)?,
        env: environment.variables.clone(),
        ..Spec::default()
    })
}

/// For a setup or a maintenance, whose layer is to be kept and must have none of `secrets` in it.
pub fn of_build(
    engine: &Engine,
    environment: &Environment,
    limits: Limits,
    secrets: &[Secret],
) -> Result<Spec, Error> {
    let work = of_work(engine, environment, limits)?;
    let egress = egress::Options { written: Written::Environment, ..work.egress.clone() };
    Ok(Spec {
        limits: Limits { wall_ms: environment.setup_ms, ..limits },
        network: environment.network.clone(),
        layer: Layer::Build,
        forbidden: secrets.to_vec(),
        egress,
        ..work
    })
}

/// The same with another network, which was asked for by hand.
pub fn by_hand(spec: Spec, network: Policy) -> Spec {
    let egress = egress::Options { written: Written::Option, ..spec.egress };
    Spec { network, egress, ..spec }
}

/// The same, whose requests to the network are told.
pub fn told(spec: Spec, sink: Sink) -> Spec {
    let egress = egress::Options { events: Some(sink), ..spec.egress };
    Spec { egress, ..spec }
}
