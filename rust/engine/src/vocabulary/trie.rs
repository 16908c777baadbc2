//! A byte trie laid out in preorder: a subtree is a contiguous run of nodes, so skipping one is a
//! jump and walking is a scan.

/// One node: its byte, where its subtree ends, and the tokens that end here.
#[derive(Clone, Copy)]
pub struct Node {
    /// The index after the last node of this subtree.
    pub end: u32,
    /// Where this node's tokens start in [`Trie::tokens`].
    tokens: u32,
    /// The number of bytes from the root to here, this byte included.
    pub depth: u16,
    /// The byte that leads here from the parent.
    pub byte: u8,
}

/// A set of tokens by their bytes.
pub struct Trie {
    nodes: Vec<Node>,
    /// Token ids in the order of the nodes they end at.
    tokens: Vec<u32>,
}

/// Sorts token ids by their bytes.
pub(super) fn sort<'a>(ids: &mut [u32], text: impl Fn(u32) -> &'a [u8]) {
    // The first eight bytes decide nearly every comparison.
    let prefix = |id: u32| {
        let bytes = text(id);
        let mut word = [0u8; 8];
        let len = bytes.len().min(8);
        word[..len].copy_from_slice(&bytes[..len]);
        u64::from_be_bytes(word)
    };
    let mut keyed: Vec<(u64, u32)> = ids.iter().map(|&id| (prefix(id), id)).collect();
    keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| text(a.1).cmp(text(b.1))));
    for (slot, (_, id)) in ids.iter_mut().zip(keyed) {
        *slot = id;
    }
}

impl Trie {
    /// The trie of `ids`, which are sorted by their bytes; none of these is empty.
    pub(super) fn new<'a>(ids: &[u32], text: impl Fn(u32) -> &'a [u8]) -> Self {
        let mut nodes: Vec<Node> = Vec::with_capacity(ids.len() * 2);
        let mut path: Vec<u32> = Vec::new();
        let mut previous: &[u8] = &[];
        let close = |nodes: &mut Vec<Node>, path: &mut Vec<u32>, depth: usize| {
            let end = nodes.len() as u32;
            for node in path.drain(depth..) {
                nodes[node as usize].end = end;
            }
        };
        for (at, &id) in ids.iter().enumerate() {
            let bytes = text(id);
            let shared = previous.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            close(&mut nodes, &mut path, shared);
            for (depth, &byte) in bytes.iter().enumerate().skip(shared) {
                path.push(nodes.len() as u32);
                nodes.push(Node { end: 0, tokens: at as u32, depth: depth as u16 + 1, byte });
            }
            previous = bytes;
        }
        close(&mut nodes, &mut path, 0);
        Trie { nodes, tokens: ids.to_vec() }
    }

    /// The nodes, in preorder.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The tokens that end at a node. Ids sorted by bytes are ids in preorder, so these are the run
    /// from where the node was made to where the next one was; an inner node made for a longer
    /// token starts where its child does.
    #[inline]
    pub fn tokens_at(&self, node: usize) -> &[u32] {
        let start = self.nodes[node].tokens as usize;
        let end = self.nodes.get(node + 1).map_or(self.tokens.len(), |next| next.tokens as usize);
        &self.tokens[start..end]
    }

    /// A token at or below a node.
    pub fn first_token(&self, node: usize) -> u32 {
        self.tokens[self.nodes[node].tokens as usize]
    }

    /// All tokens, sorted by their bytes.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// An estimate of the trie's size in bytes.
    pub fn memory(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.tokens.len() * 4
    }
}
