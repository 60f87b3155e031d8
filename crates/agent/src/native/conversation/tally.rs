//! What an attempt has used, folded from the same facts.

use domain::Fact;

/// Bytes of text that make a token, for what no provider has counted. On the safe side.
const BYTES_PER_TOKEN: u64 = 3;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::native) struct Tally {
    /// Times that the model answered.
    pub turns: u32,
    /// Read and written by all turns together.
    pub tokens: u64,
    pub cost_micros: u64,
    /// By all tools.
    pub printed_bytes: u64,
    /// Compactions in a row with the same workspace.
    pub compactions_unchanged: u32,
    /// The workspace at the last of them; before, at the start.
    workspace: String,
    /// How long the conversation was for the model when it last answered, in tokens.
    measured_tokens: u64,
    /// What has come since.
    unmeasured_bytes: usize,
    /// The provider counted the last turn.
    is_measured: bool,
}

impl Tally {
    /// How long the conversation is for the model.
    pub(in crate::native) fn conversation_tokens(&self) -> u64 {
        self.measured_tokens.saturating_add(self.unmeasured_bytes as u64 / BYTES_PER_TOKEN)
    }

    /// The limits hold for one attempt; the conversation goes on.
    pub(super) fn begin_attempt(&mut self) {
        let Self { workspace, measured_tokens, unmeasured_bytes, is_measured, .. } =
            std::mem::take(self);
        *self =
            Self { workspace, measured_tokens, unmeasured_bytes, is_measured, ..Self::default() };
    }

    pub(super) fn workspace_at_first(&mut self, workspace: &str) {
        workspace.clone_into(&mut self.workspace);
    }

    /// Something was added that the model hasn't read yet.
    pub(super) fn grown(&mut self, bytes: usize) {
        self.unmeasured_bytes += bytes;
    }

    /// The model wrote it, so the provider has counted it, if it counts.
    pub(super) fn written(&mut self, bytes: usize) {
        if !self.is_measured {
            self.unmeasured_bytes += bytes;
        }
    }

    pub(super) fn printed(&mut self, bytes: u64) {
        self.printed_bytes = self.printed_bytes.saturating_add(bytes);
    }

    pub(super) fn turn(&mut self, fact: &Fact) {
        let Fact::Turn { input_tokens, output_tokens, cost_micros, .. } = fact else { return };
        self.turns += 1;
        self.cost_micros = self.cost_micros.saturating_add(cost_micros.unwrap_or(0));
        self.is_measured = *input_tokens > 0;
        if self.is_measured {
            self.measured_tokens = input_tokens.saturating_add(*output_tokens);
            self.unmeasured_bytes = 0;
        }
        // What a provider counts is its own word.
        self.tokens = self.tokens.saturating_add(self.conversation_tokens());
    }

    pub(super) fn compacted(&mut self, workspace: &str, bytes: usize) {
        self.measured_tokens = 0;
        self.unmeasured_bytes = bytes;
        let same = !workspace.is_empty() && workspace == self.workspace;
        self.compactions_unchanged = if same { self.compactions_unchanged + 1 } else { 0 };
        workspace.clone_into(&mut self.workspace);
    }
}
