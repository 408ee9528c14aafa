//! The simulated org of a demo.

use std::{fs, io, net::TcpListener, path::Path};

use engine::Problem;
use orgsim::{Simulator, SimulatorConfig};

use crate::cli::server::DemoArgs;

/// As many ports are tried before somebody is asked.
const PORTS_TRIED: u16 = 100;

/// Starts the org, or starts it again as it was: with the same address, app and approvals.
pub(super) fn start(args: &DemoArgs, data_dir: &Path) -> Result<Simulator, Problem> {
    let port_file = data_dir.join("org.port");
    let port = match fs::read_to_string(&port_file).ok().and_then(|text| text.trim().parse().ok()) {
        // What is connected is connected with this address.
        Some(port) if is_free(port) => port,
        Some(port) => return Err(port_taken(port)),
        None => free_port(args.org_port)?,
    };
    let config = SimulatorConfig {
        port,
        // Another site than Towpath's address, so that cookies behave as in life.
        base_url: Some(format!("http://localhost:{port}")),
        keep_in: Some(data_dir.join("org.json")),
        ..SimulatorConfig::default()
    };
    let org = Simulator::start(config).map_err(|error| super::failed("start the simulated org", &error))?;
    fs::write(port_file, format!("{port}\n"))
        .map_err(|error| super::failed("write to its folder", &error))?;
    Ok(org)
}

/// The first port from this one on where nobody listens; any for 0.
pub(super) fn free_port(from: u16) -> Result<u16, Problem> {
    if from == 0 {
        return any_port().map_err(|error| super::failed("find a free port", &error));
    }
    (from..from.saturating_add(PORTS_TRIED)).find(|port| is_free(*port)).ok_or_else(|| port_taken(from))
}

fn any_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

fn port_taken(port: u16) -> Problem {
    let text = format!("Somebody else listens on port {port}. Stop them, or choose another port.");
    Problem { code: "listen.failed", text }
}
